# What monitoring says, and what is done.

period-minutes = { $count ->
    [one] une minute
   *[other] { $count } minutes
}
period-hours = { $count ->
    [one] une heure
   *[other] { $count } heures
}
period-days = { $count ->
    [one] un jour
   *[other] { $count } jours
}

signal-unexplained-persons = { $seen } { PLURAL($seen, one: "personne consultée", other: "personnes consultées") } en { $period } sans portefeuille, recherche exacte ni accès exceptionnel ; d'habitude au plus { $usual }.
signal-pace = { $seen } { PLURAL($seen, one: "fiche ouverte", other: "fiches ouvertes") } en { $period }, plus vite que l'on ne lit ; d'habitude au plus { $usual }.
signal-burst = { $seen } { PLURAL($seen, one: "fiche", other: "fiches") } en { $period } ; d'habitude au plus { $usual }.
signal-lists = { $seen } { PLURAL($seen, one: "nouvelle personne", other: "nouvelles personnes") } dans des listes en { $period } ; au plus { $usual } en usage normal.
signal-export = Une seule réponse montre { $seen } { PLURAL($seen, one: "nouvelle personne", other: "nouvelles personnes") } ; aucun travail n'en demande plus de { $usual }.
signal-volume = { $seen } { PLURAL($seen, one: "personne", other: "personnes") } en { $period } ; d'habitude au plus { $usual } pour ce compte et ses pairs.
signal-slow-reading = { $seen } { PLURAL($seen, one: "personne", other: "personnes") } en { $period }, un peu plus chaque jour ; d'habitude au plus { $usual }.
signal-shape = Les { $seen } { PLURAL($seen, one: "nouvelle personne du jour ne ressemble pas", other: "nouvelles personnes du jour ne ressemblent pas") } à celles que ce compte consulte d'habitude.
signal-hours = Le compte consulte des dossiers à des heures où il ne travaille pas d'habitude.
signal-ordered-identifiers = { $seen } { PLURAL($seen, one: "fiche", other: "fiches") } de suite dans l'ordre des identifiants ; d'habitude au plus { $usual }.
signal-pages = { $seen } { PLURAL($seen, one: "page consécutive", other: "pages consécutives") } d'une même liste ; d'habitude au plus { $usual }.
signal-lists-to-the-end = { $seen } { PLURAL($seen, one: "liste parcourue jusqu'à sa dernière page", other: "listes parcourues jusqu'à leur dernière page") } dans la journée ; d'habitude au plus { $usual }.
signal-searches = { $seen } { PLURAL($seen, one: "recherche", other: "recherches") } dans la journée ; d'habitude au plus { $usual }.
signal-empty-answers = { $seen } { PLURAL($seen, one: "réponse qui ne montre", other: "réponses qui ne montrent") } personne dans la journée ; d'habitude au plus { $usual }.
signal-rhythm = Les fiches se suivent { $seen ->
    [one] toutes les secondes
   *[other] toutes les { $seen } secondes
}, avec la régularité d'une machine.
signal-no-resources = { $seen } { PLURAL($seen, one: "fiche", other: "fiches") } sans aucune des feuilles de style, scripts ou images qu'un navigateur demande avec elles.
signal-program = Le client se présente comme un programme et non comme un navigateur.
signal-session-moved = Le cookie de la session est présenté depuis un autre appareil ou un autre réseau.
signal-cookie-older-than-device = La session a commencé { $seen } { PLURAL($seen, one: "minute", other: "minutes") } avant la première apparition de cet appareil ou de ce réseau.
signal-two-places = Une même session est utilisée de deux endroits à la fois, avec { $seen } { PLURAL($seen, one: "changement", other: "changements") } en dix minutes.
signal-new-device = L'appareil est inconnu de ce compte, qui en a { $seen } { PLURAL($seen, one: "autre", other: "autres") }.
signal-dormant = Le compte revient après { $seen } { PLURAL($seen, one: "jour", other: "jours") } sans activité.
signal-new-account = Le compte a été créé { $seen ->
    [0] aujourd'hui
    [one] hier
   *[other] il y a { $seen } jours
}.
signal-recovered = Le compte a été récupéré { $seen ->
    [0] aujourd'hui
    [one] hier
   *[other] il y a { $seen } jours
}.
signal-accounts-made = Le compte fait partie de { $seen } { PLURAL($seen, one: "compte créé", other: "comptes créés") } d'affilée par le même gestionnaire.
signal-decoy = { $seen ->
    [one] Une personne fictive a été montrée
   *[other] { $seen } personnes fictives ont été montrées
} ; nul n'a de raison de les consulter.
signal-collusion = { $seen } { PLURAL($seen, one: "compte de l'organisation consulte", other: "comptes de l'organisation consultent ensemble") } plus de dossiers que d'habitude aujourd'hui.
signal-shared-place = Même appareil ou même réseau qu'un compte fermé { $seen ->
    [0] aujourd'hui
    [one] hier
   *[other] il y a { $seen } jours
}.
signal-crowded-network = Des comptes de { $seen } { PLURAL($seen, one: "organisation consulte", other: "organisations consultent") } des dossiers depuis le même réseau aujourd'hui.
signal-unmapped = { $seen } { PLURAL($seen, one: "requête", other: "requêtes") } dans la journée vers des adresses absentes de la carte du portail, ou à un rythme plus rapide que permis ; signalé à partir de { $usual }.
signal-refusals = { $seen } { PLURAL($seen, one: "requête hors portefeuille refusée", other: "requêtes hors portefeuille refusées") } dans la journée ; d'habitude au plus { $usual }.
signal-uninspected = { $seen } { PLURAL($seen, one: "réponse n'a pas pu être inspectée", other: "réponses n'ont pas pu être inspectées") } aujourd'hui ; d'habitude au plus { $usual }.
reasons-together = Aucun de ces chiffres ne dépasse à lui seul son niveau habituel ; c'est leur ensemble qui sort de l'ordinaire.
signals-in-part = D'autres motifs sont enregistrés, mais cette version de Digue ne peut pas les lire.
signals-unreadable = Les motifs enregistrés avec ce constat sont illisibles : on ne les connaît pas.

innocent-persons = Jusqu'à { $count ->
    [one] une personne
   *[other] { $count } personnes
} en { $period }, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-response = Jusqu'à { $count ->
    [one] une nouvelle personne
   *[other] { $count } nouvelles personnes
} dans une seule réponse, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-sheets = Jusqu'à { $count ->
    [one] une fiche
   *[other] { $count } fiches
} en { $period }, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-run = Jusqu'à { $count ->
    [one] une fiche
   *[other] { $count } fiches de suite
} dans l'ordre des identifiants, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-pages = Jusqu'à { $count ->
    [one] une page
   *[other] { $count } pages consécutives
} d'une même liste, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-lists = Jusqu'à { $count ->
    [one] une liste parcourue
   *[other] { $count } listes parcourues
} jusqu'à la fin dans la journée, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-searches = Jusqu'à { $count ->
    [one] une recherche
   *[other] { $count } recherches
} dans la journée, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-responses = Jusqu'à { $count ->
    [one] une de ces réponses
   *[other] { $count } de ces réponses
} dans la journée, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-requests = Jusqu'à { $count ->
    [one] une de ces requêtes
   *[other] { $count } de ces requêtes
} dans la journée, la première de ces raisons n'aurait pas suffi à elle seule à un signalement.
innocent-never = Aucun nombre, même très petit, n'aurait écarté la première de ces raisons.

action-taken-observe = observé seulement
action-taken-lower-budget = limites baissées
action-taken-caseload-only = accès limité au portefeuille
action-taken-step-up = nouvelle preuve d'identité demandée
action-taken-close-account = compte fermé, sessions coupées
action-taken-close-organisation = organisation fermée
action-taken-close-portal = portail fermé
action-observe = observer
action-lower-budget = baisser les limites
action-caseload-only = limiter l'accès au portefeuille
action-step-up = demander une nouvelle preuve d'identité
action-close-account = fermer le compte et couper ses sessions
action-close-organisation = fermer l'organisation
action-close-portal = fermer le portail

watch-done = { $lines } { PLURAL($lines, one: "consultation", other: "consultations") }, { $accounts } { PLURAL($accounts, one: "compte", other: "comptes") } : { $containments } { PLURAL($containments, one: "confinement", other: "confinements") }, { $alerts } { PLURAL($alerts, one: "alerte", other: "alertes") }.
watch-unread = { $lines ->
    [one] { $lines } ligne non lue :
   *[other] { $lines } lignes non lues :
}
watch-unread-line = ligne { $line } : { $reason }
watch-unread-more = et { $lines } { PLURAL($lines, one: "autre", other: "autres") }
watch-unread-form = n'est pas un objet au format attendu pour les consultations
watch-unread-instant = horodatage absent ou illisible
watch-unread-length = plus longue que 8 Mio
watch-unread-order = antérieure à la ligne qui la précède
watch-list-fault = { $file } : ligne { $line }{ $column } : { $reason }
watch-list-account = le nom du compte est vide
watch-list-holder = il faut un compte ou une organisation
watch-list-person = l'identifiant de la personne est vide
watch-list-date = il faut une date (2026-11-22) ou un instant (2026-11-22T08:30:00Z)
watch-list-batch = il faut des heures et un nombre de personnes par jour (01:00-05:00 600)
watch-accounts-fault-header = il faut un en-tête avec la colonne account, une seule fois ; organisation, created et batch peuvent s'y ajouter
watch-accounts-fault-row = une cellule est au-delà des colonnes de l'en-tête, ou un guillemet n'est pas fermé
watch-caseload-fault-header = il faut un en-tête avec les colonnes person, et account ou organisation, une seule fois chacune ; from et until peuvent s'y ajouter
watch-caseload-fault-row = une cellule est au-delà des colonnes de l'en-tête, ou un guillemet n'est pas fermé

replay-unknown = Aucun scénario ne s'appelle { $name } ; digue replay --list en donne la liste.
replay-title-with = Portefeuilles appliqués, { $seeds } { PLURAL($seeds, one: "graine", other: "graines") }
replay-title-without = Sans portefeuille, { $seeds } { PLURAL($seeds, one: "graine", other: "graines") }
replay-title-off = Sans le signal { $signal }
replay-header = scénario | personnes consultées : médiane, p95, maximum | secondes : médiane, p95, maximum | confinés | objectif
replay-goal-persons = au plus { $most } { PLURAL($most, one: "personne", other: "personnes") }
replay-goal-within = { $percent } % en { $days } { PLURAL($days, one: "jour", other: "jours") }
replay-reached = atteint
replay-missed = manqué ({ $met } sur { $runs })
replay-honest = Travail honnête : { $days } { PLURAL($days, one: "jour-compte travaillé", other: "jours-comptes travaillés") }, { $containments } { PLURAL($containments, one: "confinement", other: "confinements") } à tort ({ $containmentRate } pour 10 000), { $alerts } { PLURAL($alerts, one: "alerte", other: "alertes") } à tort ({ $alertRate } pour 10 000) ; { $explained } % des personnes expliquées.
replay-then = { $name } : { $then } personnes alors, { $now } avec Digue (maximum).
replay-record-title = { $file }
replay-record-header = vol | arrêtés / vols | personnes consultées : médiane, maximum | arrêtés en 1, 3, 14 jours | les autres (arrêtés/médiane) : 25 en 3 minutes | 150 par jour | deux fois le p99 du compte | test sur le seul volume | objectif
replay-record-variations = ce qui change | faux confinements | fausses alertes | vols arrêtés | objectifs atteints | vols | somme des médianes de personnes
replay-record-no-goal = sans objectif
replay-record-not-run = aucun vol n'a pu y être inséré
replay-record-honest = Travail honnête : { $days } { PLURAL($days, one: "jour-compte travaillé", other: "jours-comptes travaillés") } ; { $containments } { PLURAL($containments, one: "confinement", other: "confinements") } à tort ({ $containmentRate } pour 10 000) de { $accounts } { PLURAL($accounts, one: "compte", other: "comptes") }, { $most } au plus en un jour ; { $alerts } { PLURAL($alerts, one: "alerte", other: "alertes") } à tort ({ $alertRate } pour 1 000).
replay-record-header-fault = { $file } : la première ligne doit nommer les colonnes at, account et person.
replay-record-line = { $file }, ligne { $line } : il faut une date et heure comme 2026-06-01 08:00:00, un compte et une personne.
replay-record-short = { $file } : aucun des { $accounts } { PLURAL($accounts, one: "compte", other: "comptes") } (dans cette moitié) n'a travaillé { $days } { PLURAL($days, one: "jour", other: "jours") }, puis trente jours de plus ; un vol ne peut pas y être inséré.

reopen-title = Rouvrir l'accès
reopen-explain = C'était du travail normal, et l'accès est encore fermé. Demandez sa réouverture : une seconde personne l'accorde. Les limites restent réduites au quart jusqu'à la fin des quatorze jours.
reopen-ask = Demander la réouverture
reopen-asked = La réouverture est demandée : elle attend une seconde personne.
reopen-waits = L'accès est encore fermé : le RSSI peut demander sa réouverture.
