# Sources : portefeuilles et identifiants lus de nouveau et de nouveau.
menu-sources = Sources de données
sources-title = Sources de données
sources-explain = Digue lit ces sources de lui-même. Une source qui échoue ne change rien : les dernières données restent en vigueur, avec leur âge. Une source qui perd ou gagne trop de lignes est suspendue jusqu'à la décision d'une personne.
sources-none = Aucune source n'est configurée : les portefeuilles sont déposés à la main ou par l'API. La section [[sources]] de la configuration en ajoute.
source-feeds = Alimente
source-good-at = À jour le
source-rows = Lignes
source-never = jamais
source-line = Ligne { $shown } :
source-standing-held = attend une décision
source-standing-late = périmée
source-standing-failing = en échec
source-standing-unread = pas encore lue
source-standing-fresh = à jour
source-held-title = { $name } : un changement attend votre décision
source-held = La source a maintenant { $rows } { PLURAL($rows, one: "ligne", other: "lignes") } : { $removed } { PLURAL($removed, one: "ligne en vigueur n'y est plus", other: "lignes en vigueur n'y sont plus") }, { $added } { PLURAL($added, one: "est nouvelle", other: "sont nouvelles") }. Lu le { $at }. Rien n'a été changé.
source-held-advice = Vérifiez d'abord dans l'application d'origine si ce changement est voulu. Ce qui élargit un accès attendra encore l'accord d'une deuxième personne.
source-release = Mettre ce changement en vigueur
source-read-title = Lire maintenant
source-read = Lire { $name }
source-fault-unreachable = la base, le fichier ou le serveur ne répond pas, ou refuse la requête
source-fault-refused = la réponse n'est pas celle qui est attendue : une colonne manque ou n'est pas du texte, ou le serveur refuse
source-fault-large = la réponse dépasse 1 Gio
source-fault-slow = la lecture dure plus de dix minutes
source-fault-account = le compte de cette source n'existe pas, est suspendu ou n'a pas le droit de déposer ces données
source-fault-empty = la source ne donne aucune ligne, et rien n'est en vigueur
source-fault-approval = une partie des lignes attend l'accord d'une deuxième personne (page Approbations)
source-fault-target = la population ou le portail n'existe plus
source-fault-waiting = trop de demandes de cette source attendent déjà un accord
source-fault-unknown = ce qui était en vigueur ne peut pas être lu : toutes les lignes attendent l'accord d'une deuxième personne (page Approbations)
source-accounts = Comptes
source-fault-accounts-none = la source ne nomme aucun compte en cours : rien n'a été changé
source-fault-accounts-many = la liste a plus de 100 000 comptes
account-list-fault-header = l'en-tête doit nommer « account » et « organisation », chacun une fois
account-list-fault-row = la ligne n'a pas le bon nombre de colonnes
account-list-fault-account = le compte n'a pas le bon format
account-list-fault-organisation = l'organisme manque ou n'a pas le bon format
account-list-fault-role = une liste ne donne que le rôle « agent » : suppléants et délégués sont désignés dans Digue par deux personnes
account-list-fault-date = la date ne peut pas être lue
account-list-fault-twice = le même compte est déjà dans la liste
fault-scim-list = « [scim] » et une source « accounts » disent tous deux qui travaille ici : gardez l'un des deux
task-source-sources = les sources de données
task-source-held = La source { $name } perd ou gagne trop de lignes : décidez
task-source-late = La source { $name } n'est plus à jour
fault-source-name = deux sources s'appellent « { $detail } »
fault-source-target = deux sources alimentent « { $detail } » : chacune remplacerait l'autre
fault-source-one-target = « { $name } » : une source alimente une seule chose : un portefeuille (caseload), des identifiants (aliases), des classes (classes) ou les comptes (target = "accounts")
fault-source-lookup = « { $name } » : « lookup » est une requête d'une source de portefeuilles par « query », avec $1 (la personne) et $2 (le compte) ou $3 (l'organisation)
fault-source-one-origin = « { $name } » : une source a une seule origine (query, file ou address)
fault-source-late = « { $name } » doit être plus long que « every »
directory-title = Annuaire (SCIM)
directory-heard = Dernière requête le { $at }.
directory-standing-held = Des changements de l'annuaire attendent une décision.
directory-standing-late = L'annuaire se tait depuis trop longtemps : ses départs ne sont plus connus de Digue.
directory-standing-unheard = L'annuaire n'a encore rien envoyé.
directory-standing-fresh = L'annuaire est relié.
directory-waiting = Changements en attente
directory-nothing = Aucun changement de compte n'attend.
directory-change = Changement
directory-since = Depuis le
directory-waiting-count = { $count ->
    [one] Un changement attend.
   *[other] { $shown } changements attendent.
}
directory-advice = L'annuaire (ou la liste des comptes) ferme des comptes de lui-même, dans les limites d'une journée, et n'en ouvre aucun. Vérifiez d'abord à leur origine que ces changements sont voulus ; sinon, annulez-les là-bas. Un compte nouveau commence en quarantaine : d'autres personnes remettent son invitation et confirment son titulaire.
directory-release = { $count ->
    [one] Faire ce changement
   *[other] Faire ces { $shown } changements
}
wanted-change-open = nouveau compte
wanted-change-reopen = réouverture
wanted-change-move = autre organisation ou autre rôle
wanted-change-close = fermeture
task-directory-held = { $count ->
    [one] Un changement de l'annuaire attend votre décision
   *[other] { $shown } changements de l'annuaire attendent votre décision
}
task-directory-late = L'annuaire n'envoie plus rien
fault-scim-group-name = deux groupes de [scim] s'appellent « { $detail } »
fault-scim-group-place = « { $detail } » : un autre groupe de [scim] mène déjà à cette organisation avec ce rôle

menu-classes = Classes de personnes
classes-title = Classes de personnes
classes-explain = Archivées, protégées, décédées ou définies par l'organisme : ce que la carte de chaque portail décide pour elles, et ce qui en a été montré ces 30 derniers jours.
classes-none = Aucune classe n'est déclarée. Une classe réunit les personnes dont les dossiers demandent plus de soin : protégées, archivées, décédées. L'équipe du portail en donne la liste par une source de données, et la carte du portail dit ce qui leur est montré (guide du portail, section [classes]).
classes-class = Classe
classes-held = Personnes
classes-rules = Règles des portails
classes-shown = Consultations en 30 jours
classes-agreed = Dont avec accord
classes-unknown = inconnu
classes-unknown-entries = { $count ->
    [one] Pour une réponse des 30 derniers jours, les classes n'étaient pas connues.
   *[other] Pour { $shown } réponses des 30 derniers jours, les classes n'étaient pas connues.
}
classes-incomplete = Le journal d'avant le dernier démarrage est encore en lecture : les nombres sont des minimums.
classes-watched = Consultations des classes surveillées
classes-watched-none = Aucune consultation d'une classe surveillée en 30 jours.
classes-cut = Seules les 5 000 dernières consultations de chaque classe sont affichées ; le journal les a toutes.
class-rule-mark = notée
class-rule-watch = surveillée
class-rule-agreement = accord d'une autre personne
class-rule-refuse = refusée
record-ask-title = Demander l'ouverture d'un dossier
record-explain = Le dossier d'une personne archivée, ou d'une autre classe que le portail protège, s'ouvre pour quelques heures quand une autre personne l'a accepté. Votre motif est journalisé.
record-person = Identifiant de la personne
record-ask = Envoyer la demande
record-asked = La demande est envoyée. Rouvrez le dossier quand elle est acceptée.
record-continue = Revenir au portail
record-own = Vos demandes récentes
record-request-waits = en attente
record-request-open = acceptée : le dossier peut être ouvert
record-request-ended = acceptée, et terminée
record-request-refused = refusée
record-request-expired = restée sans réponse
source-retention = Durées de conservation
source-fault-retention-none = la source ne donne aucune ligne : rien n'a été compté
source-fault-retention-rule = la source nomme une durée de conservation que le registre n'a pas : rien n'a été compté
source-fault-retention-many = plus de quatre milliards de dossiers pour une durée : rien n'a été compté
retention-list-fault-header = l'en-tête doit nommer « rule » et « since », chacun une fois
retention-list-fault-row = la ligne n'a pas le bon nombre de colonnes
retention-list-fault-rule = la durée de conservation manque
retention-list-fault-date = la date ne peut pas être lue
retention-list-fault-count = le nombre de dossiers n'est pas un nombre entier
