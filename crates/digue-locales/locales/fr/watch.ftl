# Ce que dit la surveillance, et ce qui est fait.

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

signal-unexplained-persons = { $seen } personnes montrées en { $period } sans portefeuille, recherche exacte ni accès d'urgence ; d'habitude au plus { $usual }.
signal-pace = { $seen } fiches ouvertes en { $period }, plus vite que l'on ne lit ; d'habitude au plus { $usual }.
signal-burst = { $seen } fiches en { $period } ; d'habitude au plus { $usual }.
signal-lists = { $seen } personnes nouvelles par des listes en { $period } ; au plus { $usual } en usage normal.
signal-export = Une seule réponse montre { $seen } personnes nouvelles ; aucun travail n'en demande plus de { $usual }.
signal-volume = { $seen } personnes en { $period } ; d'habitude au plus { $usual } pour ce compte et ses pairs.
signal-slow-reading = { $seen } personnes en { $period }, un peu plus chaque jour ; d'habitude au plus { $usual }.
signal-shape = Les { $seen } personnes nouvelles du jour ne sont pas de celles vers qui ce compte vient d'habitude.
signal-hours = Le compte lit à des heures où il ne travaille pas d'habitude.
signal-ordered-identifiers = { $seen } fiches de suite dans l'ordre des identifiants ; d'habitude au plus { $usual }.
signal-pages = { $seen } pages d'une même liste à la suite ; d'habitude au plus { $usual }.
signal-lists-to-the-end = { $seen } listes parcourues jusqu'à leur dernière page dans la journée ; d'habitude au plus { $usual }.
signal-searches = { $seen } recherches dans la journée ; d'habitude au plus { $usual }.
signal-empty-answers = { $seen } réponses sans personne dans la journée ; d'habitude au plus { $usual }.
signal-rhythm = Les fiches se suivent { $seen ->
    [one] toutes les secondes
   *[other] toutes les { $seen } secondes
}, avec la régularité d'une machine.
signal-no-resources = { $seen } fiches sans aucune des feuilles de style, scripts ou images qu'un navigateur demande avec elles.
signal-program = Le client se présente comme un programme et non comme un navigateur.
signal-session-moved = Le cookie de la session est présenté depuis un autre appareil ou un autre réseau.
signal-cookie-older-than-device = La session a commencé { $seen } minutes avant la première apparition de cet appareil ou de ce réseau.
signal-two-places = Une même session est utilisée de deux endroits à la fois, { $seen } changements en dix minutes.
signal-new-device = L'appareil est inconnu de ce compte, qui en a { $seen } autres.
signal-dormant = Le compte revient après { $seen } jours sans activité.
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
signal-accounts-made = Le compte fait partie de { $seen } comptes créés d'affilée par le même gestionnaire.
signal-decoy = { $seen ->
    [one] Une personne fictive a été montrée
   *[other] { $seen } personnes fictives ont été montrées
} ; nul n'a de raison de les consulter.
signal-collusion = { $seen } comptes de l'organisation lisent ensemble plus que d'habitude aujourd'hui.
signal-shared-place = Même appareil ou même réseau qu'un compte fermé { $seen ->
    [0] aujourd'hui
    [one] hier
   *[other] il y a { $seen } jours
}.
signal-crowded-network = Des comptes de { $seen } organisations lisent depuis le même réseau aujourd'hui.
signal-unmapped = { $seen } demandes dans la journée à des adresses que la carte du portail ne connaît pas, ou plus rapides que permis ; signalé à partir de { $usual }.
signal-refusals = { $seen } demandes hors portefeuille refusées dans la journée ; d'habitude au plus { $usual }.
signal-uninspected = { $seen } réponses n'ont pas pu être inspectées aujourd'hui ; d'habitude au plus { $usual }.
reasons-together = Aucune de ces mesures ne dépasse seule son niveau habituel ; c'est leur ensemble qui sort de l'ordinaire.
signals-in-part = D'autres motifs sont enregistrés et cette version de Digue ne peut pas les lire.
signals-unreadable = Les motifs enregistrés avec ce constat ne peuvent pas être relus : on ne les connaît pas.

innocent-persons = Jusqu'à { $count ->
    [one] une personne
   *[other] { $count } personnes
} en { $period }, rien n'aurait été signalé pour la première de ces raisons.
innocent-response = Jusqu'à { $count ->
    [one] une personne nouvelle
   *[other] { $count } personnes nouvelles
} dans une seule réponse, rien n'aurait été signalé pour la première de ces raisons.
innocent-sheets = Jusqu'à { $count ->
    [one] une fiche
   *[other] { $count } fiches
} en { $period }, rien n'aurait été signalé pour la première de ces raisons.
innocent-run = Jusqu'à { $count ->
    [one] une fiche
   *[other] { $count } fiches de suite
} dans l'ordre des identifiants, rien n'aurait été signalé pour la première de ces raisons.
innocent-pages = Jusqu'à { $count ->
    [one] une page
   *[other] { $count } pages à la suite
} d'une même liste, rien n'aurait été signalé pour la première de ces raisons.
innocent-lists = Jusqu'à { $count ->
    [one] une liste parcourue
   *[other] { $count } listes parcourues
} jusqu'à la fin dans la journée, rien n'aurait été signalé pour la première de ces raisons.
innocent-searches = Jusqu'à { $count ->
    [one] une recherche
   *[other] { $count } recherches
} dans la journée, rien n'aurait été signalé pour la première de ces raisons.
innocent-responses = Jusqu'à { $count ->
    [one] une de ces réponses
   *[other] { $count } de ces réponses
} dans la journée, rien n'aurait été signalé pour la première de ces raisons.
innocent-requests = Jusqu'à { $count ->
    [one] une de ces demandes
   *[other] { $count } de ces demandes
} dans la journée, rien n'aurait été signalé pour la première de ces raisons.
innocent-never = Aucun nombre, si petit soit-il, n'aurait écarté la première de ces raisons.

action-observe = observer
action-lower-budget = baisser les budgets
action-caseload-only = portefeuille seul
action-step-up = demander une nouvelle preuve d'identité
action-close-account = fermer le compte et couper ses sessions
action-close-organisation = fermer l'organisation
action-close-portal = fermer le portail

watch-done = { $lines } expositions, { $accounts } comptes : { $containments } mises à l'abri, { $alerts } alertes.
watch-unread = { $lines ->
    [one] { $lines } ligne non lue :
   *[other] { $lines } lignes non lues :
}
watch-unread-line = ligne { $line } : { $reason }
watch-unread-more = et { $lines } autres
watch-unread-form = pas un objet du format des expositions
watch-unread-instant = pas d'instant lisible
watch-unread-length = plus longue que 8 Mio
watch-unread-order = antérieure à la ligne qui la précède
watch-list-fault = { $file } : ligne { $line }{ $column } : { $reason }
watch-list-account = le nom du compte est vide
watch-list-holder = il faut un compte ou une organisation
watch-list-person = l'identifiant de la personne est vide
watch-list-date = il faut une date (2026-11-22) ou un instant (2026-11-22T08:30:00Z)
watch-list-batch = il faut des heures et un nombre de personnes par jour (01:00-05:00 600)
watch-accounts-fault-header = il faut un en-tête avec la colonne account, une seule fois ; organisation, created et batch peuvent s'y ajouter
watch-accounts-fault-row = une cellule dépasse les colonnes de l'en-tête, ou un guillemet ne se ferme pas
watch-caseload-fault-header = il faut un en-tête avec les colonnes person, et account ou organisation, une seule fois chacune ; from et until peuvent s'y ajouter
watch-caseload-fault-row = une cellule dépasse les colonnes de l'en-tête, ou un guillemet ne se ferme pas

replay-unknown = Aucun scénario ne s'appelle { $name } ; digue replay --list les nomme.
replay-title-with = Portefeuilles tenus, { $seeds } graines
replay-title-without = Sans portefeuille, { $seeds } graines
replay-title-off = Sans le signal { $signal }
replay-header = scénario | personnes montrées : médiane, p95, maximum | secondes : médiane, p95, maximum | mis à l'abri | objectif
replay-goal-persons = au plus { $most } personnes
replay-goal-within = { $percent } % en { $days } jours
replay-reached = atteint
replay-missed = manqué ({ $met } sur { $runs })
replay-honest = Travail honnête : { $days } jours-comptes travaillés, { $containments } mises à l'abri à tort ({ $containmentRate } pour 10 000), { $alerts } alertes à tort ({ $alertRate } pour 10 000) ; { $explained } % des personnes expliquées.
replay-then = { $name } : { $then } personnes alors, { $now } avec Digue (maximum).
replay-record-title = { $file }
replay-record-header = vol | arrêtés / vols | personnes montrées : médiane, maximum | arrêtés en 1, 3, 14 jours | les autres (arrêtés/médiane) : 25 en 3 minutes | 150 par jour | deux fois le p99 du compte | test sur le seul volume | objectif
replay-record-variations = ce qui change | fausses mises à l'abri | fausses alertes | vols arrêtés | objectifs atteints | vols | somme des médianes de personnes
replay-record-no-goal = sans objectif
replay-record-not-run = aucun vol n'a pu y être placé
replay-record-honest = Travail honnête : { $days } jours-comptes travaillés ; { $containments } mises à l'abri à tort ({ $containmentRate } pour 10 000) de { $accounts } comptes, { $most } au plus en un jour ; { $alerts } alertes à tort ({ $alertRate } pour 1 000).
replay-record-header-fault = { $file } : la première ligne doit nommer les colonnes at, account et person.
replay-record-line = { $file }, ligne { $line } : il faut une date et heure comme 2026-06-01 08:00:00, un compte et une personne.
replay-record-short = { $file } : aucun des { $accounts } comptes (dans cette moitié) n'a travaillé { $days } jours, puis trente jours de plus ; un vol ne peut pas y être placé.
