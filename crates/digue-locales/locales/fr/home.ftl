# La page d'accueil, le menu, et ce que toutes les listes ont en commun.

menu-home = Accueil
menu-close = Fermer le menu
danger-asynchronous = Danger : le journal est dans une base de données sans réplication synchrone. Si ce serveur tombe, des consultations peuvent manquer au journal.
menu-group-watch = Surveiller
menu-group-respond = Réagir
menu-group-govern = Gouverner
menu-group-administer = Administrer
menu-activity = Activité
menu-register = Registre des violations
menu-assessment = Auto-évaluation
menu-badge =
    { $count ->
        [one] 1 tâche vous attend
       *[other] { $shown } tâches vous attendent
    }
menu-badge-unknown = nombre de tâches inconnu
trail = Fil d'Ariane
theme = Couleurs
theme-device = Auto
theme-light = Clair
theme-dark = Sombre
activity-title = Activité

task-source-findings = les constats de la surveillance
task-source-incidents = les incidents
task-source-requests = les demandes des personnes
task-source-approvals = les accords
task-source-break-glass = les accès exceptionnels
task-source-holders = les titulaires à confirmer
task-source-reviews = les revues des accès
task-source-checks = les vérifications
task-source-registers = les registres du SMSI
task-source-assessment = l'auto-évaluation
task-source-learning = la sensibilisation

home-title = Accueil
home-situation = Situation
home-contained =
    { $count ->
        [one] 1 compte fermé à { $at } pour une consultation anormale, { $persons } : à décider.
       *[other] { $shown } comptes fermés depuis { $at } pour une consultation anormale, { $persons } : à décider.
    }
home-persons =
    { $count ->
        [0] aucune personne vue
        [one] 1 personne vue depuis la veille à la même heure
       *[other] { $shown } personnes vues depuis la veille à la même heure
    }
home-persons-unknown = nombre de personnes vues inconnu
home-undecided =
    { $count ->
        [one] 1 constat attend une décision depuis { $at }.
       *[other] { $shown } constats attendent une décision, le plus ancien depuis { $at }.
    }
home-duty-due = { $reference } : « { $duty } », { $time }.
home-duty-runs = { $reference } : « { $duty } » attend depuis { $time }.
home-theft-to-qualify = Vol confirmé : « { $title } ». Qualifiez l'incident : { $time } pour le premier délai.
home-go-qualify = Qualifier
home-overdue =
    { $count ->
        [one] 1 tâche est en retard.
       *[other] { $shown } tâches sont en retard.
    }
home-waiting =
    { $count ->
        [one] 1 tâche vous attend, rien n'est en retard.
       *[other] { $shown } tâches vous attendent, rien n'est en retard.
    }
home-calm = Rien ne vous attend. Contrôlé à { $at }.
home-unknown = Rien de connu ne vous attend, mais tout n'a pas pu être lu.
home-go-activity = Voir l'activité des portails
home-unread = Inconnu : ceci n'a pas pu être lu, et quelque chose peut vous y attendre.
home-clocks = Délais en cours
home-clock-until = jusqu'au { $at }
home-clock-until-latest = au plus tard jusqu'au { $at }
home-clock-since = depuis { $at }
home-tasks = À traiter
home-nothing = Rien à faire pour vous. Dernier contrôle à { $at }.
home-nothing-known = Rien de connu à faire ; une partie n'a pas pu être lue.
home-not-listed =
    { $count ->
        [one] 1 tâche de plus n'est pas montrée ici.
       *[other] { $shown } tâches de plus ne sont pas montrées ici.
    }
home-more =
    { $count ->
        [one] Encore 1 tâche
       *[other] Encore { $shown } tâches
    }
home-others = En attente des autres

task-since = depuis { $at }
task-judge = Décidez si ce compte a été volé : { $account }
task-judge-organisation = Décidez si les comptes de { $organisation } ont été volés
task-judge-persons =
    { $count ->
        [0] aucune personne demandée ce jour-là jusqu'au signalement
        [one] 1 personne demandée ce jour-là jusqu'au signalement, retenue ou vue
       *[other] { $shown } personnes demandées ce jour-là jusqu'au signalement, retenues ou vues
    }
task-incident = Poursuivez l'incident { $reference } : { $title }
task-request = Répondez à une personne : { $kind }
task-letters =
    { $count ->
        [one] Préparez la lettre avec code d'une personne
       *[other] Préparez les lettres avec code de { $shown } personnes
    }
task-approval = Accordez ou refusez : { $kind }
task-asked-by = demandé par { $account }
task-break-glass = Examinez l'accès exceptionnel de { $account }
task-holder = Confirmez le titulaire de ce compte : { $account }
task-review =
    { $count ->
        [one] Décidez d'un accès
       *[other] Décidez de { $shown } accès
    }
task-checks =
    { $count ->
        [one] 1 vérification en échec
       *[other] { $shown } vérifications en échec
    }
task-checks-old =
    { $count ->
        [one] 1 vérification n'est plus exécutée : son dernier résultat est trop ancien
       *[other] { $shown } vérifications ne sont plus exécutées : leurs derniers résultats sont trop anciens
    }
task-record = Traitez « { $title } »
task-owner = porté par { $owner }
task-assess = Répondez à l'auto-évaluation de votre organisation
task-module = Suivez le module « { $title } »
task-document = Lisez « { $title } »
task-go-judge = Décider
task-go-see = Voir
task-go-incident = Poursuivre
task-go-answer = Répondre
task-go-prepare = Préparer
task-go-read = Lire
task-go-confirm = Confirmer
task-go-open = Ouvrir
task-go-learn = Suivre

list-filter = Filtrer
list-words = Mots
list-any = Tous
list-reset = Tout afficher
list-count =
    { $total ->
        [one] 1 ligne
       *[other] { $shown } lignes
    }
list-count-filtered = { $matched } sur { $shown } { PLURAL($shown, one: "ligne", other: "lignes") }
list-first-of = Premières lignes : { $shown } sur { $total }.
list-nothing = Aucune ligne ne correspond à ce filtre.
list-choose = Choisir :
list-choose-all = toute la page
list-choose-none = ne rien choisir
list-chosen =
    { $count ->
        [one] 1 ligne choisie
       *[other] { $shown } lignes choisies
    }
list-box = Choix
list-pick = Choisir { $row }
list-export-chosen = Exporter les lignes choisies
list-page = Page { $page } sur { $pages }

watch-undecided-one = à décider
organisations-none = Aucune organisation partenaire. Ajoutez la première avec son adresse : ses comptes et ses personnes y sont rattachés.
sessions-cut-chosen = Couper les sessions choisies
sessions-cut-warning = Couper met fin à toutes les sessions des comptes choisis : leurs titulaires devront se connecter à nouveau.
break-glass-reviewed = examiné
break-glass-unreviewed = à examiner
requests-late = en retard
smsi-wrong-none = Rien n'est promis sans être fait : ce qui est déclaré et ce qui est mesuré s'accordent.
smsi-column-late = Retard
reviews-facts = Ce qui change de l'ordinaire
reviews-usual = comme d'habitude
reviews-undecided = à décider
reviews-keep-chosen = Garder les accès choisis
reviews-suspend-chosen = Suspendre les accès choisis
reviews-choose-usual = ceux qui sont comme d'habitude
reviews-usual-found = { $shown } { PLURAL($count, one: "accès est", other: "accès sont") } comme d'habitude : { PLURAL($count, one: "le compte a servi, n'est pas suspendu et ne montre", other: "les comptes ont servi, ne sont pas suspendus et ne montrent") } pas plus de personnes que { PLURAL($count, one: "ses", other: "leurs") } pairs, d'après les faits relevés à l'ouverture de la revue.
reviews-usual-left =
    { $count ->
        [0] Il n'en reste aucun autre.
        [one] Il en reste 1 à regarder.
       *[other] Il en reste { $shown } à regarder.
    }
reviews-keep-usual = { PLURAL($count, one: "Garder cet accès", other: "Garder ces accès, sur toutes les pages") }
reviews-usual-none =
    { $count ->
        [one] Le seul accès qui reste n'est pas comme d'habitude : regardez-le.
       *[other] Aucun des { $shown } accès qui restent n'est comme d'habitude : jamais utilisés, suspendus, au-delà de leurs pairs, ou sans clé d'accès alors que la plupart en ont une. Regardez-les.
    }
reviews-chosen-explain = Suspendre ferme tout de suite l'accès et les sessions des comptes choisis ; écrivez pourquoi. Un accès gardé peut l'être sans motif.
invalid-rows-none = Choisissez au moins une ligne.
reviews-doubted =
    { $count ->
        [one] 1 compte n'est pas proposé avec les autres : quelque chose parle aujourd'hui contre lui. Il ne peut être gardé qu'avec un motif écrit.
       *[other] { $shown } comptes ne sont pas proposés avec les autres : quelque chose parle aujourd'hui contre eux. Chacun ne peut être gardé qu'avec un motif écrit.
    }
review-doubt-theft = vol confirmé depuis moins d'un an
review-doubt-finding = constat à décider
review-doubt-held-back = fermé ou restreint en ce moment
review-doubt-too-many = trop de constats ouverts pour dire qu'aucun ne le vise
review-doubt-reopened = rouvert depuis peu, limites réduites
invalid-review-doubts = Un compte choisi ne peut être gardé qu'avec un motif : un vol, un constat à décider, une fermeture ou une réouverture récente parle contre lui.
task-reopen = Demandez la réouverture : { $whom }, c'était du travail normal
task-go-reopen = Rouvrir
