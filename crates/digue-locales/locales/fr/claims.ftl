## What was done, is to be done, or is not done: each sentence has its act

claims-title = Ce qui est fait et ce qui reste à faire
claim-authority-done = La CNIL a été notifiée le { $at }.
claim-authority-due = La CNIL sera notifiée au plus tard le { $at }.
claim-authority-soon = La CNIL sera notifiée dans les meilleurs délais.
claim-authority-undone = Aucune notification à la CNIL n'est inscrite.
claim-persons-done = Les personnes concernées ont été informées, au plus tard le { $at }.
claim-persons-due = Les personnes concernées seront informées au plus tard le { $at }.
claim-persons-soon = Les personnes concernées seront informées dans les meilleurs délais.
claim-persons-undone = Aucune information des personnes concernées n'est inscrite.
claim-public-done = Une communication publique a été faite le { $at }.
claim-public-due = Une communication publique doit être faite au plus tard le { $at }.
claim-public-soon = Une communication publique doit être faite dans les meilleurs délais.
claim-public-undone = Aucune communication publique n'est inscrite.
claim-access-done = L'accès en cause a été fermé le { $at }.
claim-access-due = L'accès en cause sera fermé au plus tard le { $at }.
claim-access-soon = L'accès en cause sera fermé dans les meilleurs délais.
claim-access-undone = L'accès en cause n'est pas fermé.
claim-complaint-done = Une plainte a été déposée le { $at }.
claim-complaint-due = Aucune plainte n'est inscrite ; l'assureur en demande une au plus tard le { $at }.
claim-complaint-soon = Aucune plainte n'est inscrite.
claim-complaint-undone = Aucune plainte n'est inscrite.
claim-controller-done = Le responsable de traitement a été averti le { $at }.
claim-controller-due = Le responsable de traitement doit être averti au plus tard le { $at }.
claim-controller-soon = Le responsable de traitement doit être averti dans les meilleurs délais.
claim-controller-undone = Aucun avertissement du responsable de traitement n'est inscrit.
claim-early-warning-done = L'alerte précoce a été envoyée à l'ANSSI le { $at }.
claim-early-warning-due = L'alerte précoce doit être envoyée à l'ANSSI au plus tard le { $at }.
claim-early-warning-soon = L'alerte précoce doit être envoyée à l'ANSSI dans les meilleurs délais.
claim-early-warning-undone = Aucune alerte précoce à l'ANSSI n'est inscrite.
claim-nis2-done = L'incident a été notifié à l'ANSSI le { $at }.
claim-nis2-due = L'incident doit être notifié à l'ANSSI au plus tard le { $at }.
claim-nis2-soon = L'incident doit être notifié à l'ANSSI dans les meilleurs délais.
claim-nis2-undone = Aucune notification à l'ANSSI n'est inscrite.
claim-final-report-done = Le rapport final a été remis à l'ANSSI le { $at }.
claim-final-report-due = Le rapport final doit être remis à l'ANSSI au plus tard le { $at }.
claim-final-report-soon = Le rapport final doit être remis à l'ANSSI dans les meilleurs délais.
claim-final-report-undone = Aucun rapport final à l'ANSSI n'est inscrit.

claim-stated = { $claim } Déclaré par { $by }, récépissé : { $receipt }.
claim-stated-bare = { $claim } Déclaré par { $by }, sans récépissé.
claim-notices-differ = Les envois faits par Digue montrent autre chose, chaque personne comptée une fois : { $sent } { PLURAL($sent, one: "courriel envoyé", other: "courriels envoyés") }, { $listed } avis à remettre autrement, { $unsent } { PLURAL($unsent, one: "avis non envoyé", other: "avis non envoyés") }, { $unreached } { PLURAL($unreached, one: "personne", other: "personnes") } sans coordonnées.
claim-notices-rest = Envois faits par Digue, chaque personne comptée une fois – courriels : { $sent } ; avis remis autrement : { $listed } ; avis non envoyés : { $unsent } ; personnes sans coordonnées : { $unreached }. La déclaration porte sur les autres.
claim-notices-otherwise = Avis préparés par Digue et remis autrement (lettre, message, appel) : { $listed }. Courriels envoyés par Digue : { $sent }.

## The same for easy reading

claim-easy-authority-done = Nous avons prévenu la CNIL. C'était le { $at }.
claim-easy-authority-due = Nous allons prévenir la CNIL. Ce sera avant le { $at }.
claim-easy-authority-soon = Nous allons prévenir la CNIL.
claim-easy-authority-undone = La CNIL n'est pas prévenue.
claim-easy-access-done = Nous avons fermé cet accès. C'était le { $at }.
claim-easy-access-due = Nous allons fermer cet accès. Ce sera avant le { $at }.
claim-easy-access-soon = Nous allons fermer cet accès.
claim-easy-access-undone = Cet accès n'est pas fermé.

## What happened

happening-stolen-account = { $when }, un compte volé a servi à consulter des dossiers.
happening-suspected-account = { $when }, un compte a servi à des consultations anormales. Le vol de ce compte n'est pas établi.
happening-outside-reader = { $when }, une personne extérieure a consulté des dossiers avec un compte, sans en avoir le droit.
happening-ransomware = { $when }, un logiciel malveillant a chiffré des fichiers.
happening-unavailable = { $when }, des données n'ont plus été accessibles.
happening-mistake = { $when }, une erreur a touché des données personnelles.
happening-unspecified = { $when }, un incident a touché des données personnelles. Sa nature n'est pas encore établie.
when-between = Du { $from } au { $to }
when-since = Depuis le { $from }
when-on = Le { $from }
when-unknown = À une date qui n'est pas encore établie
notice-happening-stolen-account = { $when }, quelqu'un a lu des dossiers avec un compte volé. Votre dossier en fait partie.
notice-happening-suspected-account = { $when }, des dossiers ont été lus avec un compte. Ce compte a peut-être été volé. Votre dossier en fait partie.
notice-happening-outside-reader = { $when }, une personne extérieure a lu des dossiers sans droit. Votre dossier en fait partie.
notice-happening-ransomware = { $when }, une attaque a bloqué des fichiers. Vos données en font partie.
notice-happening-unavailable = { $when }, des données n'étaient plus accessibles. Les vôtres en font partie.
notice-happening-mistake = { $when }, une erreur a touché des données. Les vôtres en font partie.
notice-happening-unspecified = { $when }, un incident a touché des données. Les vôtres en font partie.
notice-easy-happening-stolen-account = Quelqu'un a volé un compte. Il a lu des dossiers. Il a lu votre dossier.
notice-easy-happening-suspected-account = Quelqu'un a lu des dossiers. Il a lu votre dossier. Il a peut-être volé un compte.
notice-easy-happening-outside-reader = Quelqu'un a lu des dossiers. Il n'en avait pas le droit. Il a lu votre dossier.
notice-easy-happening-ransomware = Des pirates ont bloqué des fichiers. Vos données en font partie.
notice-easy-happening-unavailable = Des données n'étaient plus là. Vos données en font partie.
notice-easy-happening-mistake = Il y a eu une erreur. Elle touche vos données.
notice-easy-happening-unspecified = Il y a eu un problème. Il touche vos données.
notice-easy-when-between = C'était du { $from } au { $to }.
notice-easy-when-since = C'est depuis le { $from }.
notice-easy-when-on = C'était le { $from }.
notice-easy-when-unknown = Nous cherchons encore la date.
notice-easy-fault = Ce n'est pas votre faute.

## How many persons

persons-exact = { $shown }
persons-lower-bound = au moins { $shown }
persons-upper-bound = au plus { $shown }
persons-estimate = { $shown } environ (estimation : des réponses n'ont pas été vues)
persons-unknown = nombre non encore établi

## Acts in words

subject-account = compte { $name }
subject-organisation = organisation { $name }
subject-portal = portail { $name }
subject-incident = un incident
subject-finding = un constat
subject-campaign = un envoi d'avis
subject-review = une revue des accès
subject-report = un message signalé
subject-person = une personne
subject-accounts = plusieurs comptes ({ $count })
subject-session = une session
subject-file = un fichier joint
subject-rules = les règles en vigueur
subject-everything = tous les accès
subject-policies = les règles d'accès
subject-proxies = les relais de confiance
subject-template = le modèle des documents Word
subject-journal = le journal
subject-administration = les actes d'administration
subject-complaint = dossier de plainte { $name }
subject-statement = déclaration d'applicabilité, version { $count }
subject-entries = entrées { $first } à { $last } du journal
subject-receipt = reçu de l'entrée { $name }
subject-history = consultations du compte { $name }
subject-scope = recherche de portée (personnes : { $count })
subject-requests = demandes des personnes ({ $count })
subject-other = cet incident
taken-closed = Accès fermé : { $who }
taken-step-up = Preuve d'identité demandée à chaque session : { $who }
taken-caseload-only = Accès limité au portefeuille : { $who }
taken-open = Accès rouvert : { $who }
taken-other = { $act } : { $who }
taken-at = Le { $at } : { $what }
account-of = { $name } de l'organisme { $organisation }
acted-account = { $act ->
    [closed] Le compte { $name } a été fermé le { $at }
    [step-up] Le compte { $name } doit prouver son identité à chaque session depuis le { $at }
    [caseload-only] Le compte { $name } est limité à son portefeuille depuis le { $at }
    [open] Le compte { $name } a été rouvert le { $at }
    [suspended] Le compte { $name } a été suspendu le { $at }
    [resumed] Le compte { $name } a été rétabli le { $at }
   *[cut] Les sessions du compte { $name } ont été coupées le { $at }
}
acted-organisation = { $act ->
    [closed] Les comptes de l'organisme { $name } ont été fermés le { $at }
    [step-up] Les comptes de l'organisme { $name } doivent prouver leur identité à chaque session depuis le { $at }
    [caseload-only] Les comptes de l'organisme { $name } sont limités à leur portefeuille depuis le { $at }
   *[open] Les comptes de l'organisme { $name } ont été rouverts le { $at }
}
acted-portal = { $act ->
    [closed] Le portail { $name } a été fermé le { $at }
    [step-up] Le portail { $name } demande une preuve d'identité à chaque session depuis le { $at }
    [caseload-only] Le portail { $name } est limité aux portefeuilles depuis le { $at }
   *[open] Le portail { $name } a été rouvert le { $at }
}
acted-by-digue = { $done }, automatiquement.
acted-by-digue-because = { $done }, automatiquement : { $why }
acted-by = { $done }, par { $by }.
acted-by-because = { $done }, par { $by }. Motif : { $why }.

## Dates in sentences

date-spelled = { $day ->
    [1] 1er
   *[other] { $day }
} { $month } { $year }
moment-spelled = { $date } à { $hour } h { $minute }
month-1 = janvier
month-2 = février
month-3 = mars
month-4 = avril
month-5 = mai
month-6 = juin
month-7 = juillet
month-8 = août
month-9 = septembre
month-10 = octobre
month-11 = novembre
month-12 = décembre
paper-zone = Les heures sont celles du fuseau { $zone }.
act-cited = { $what } [{ $entry }]

## The rest of the papers

complaint-by-stolen-account = Plaignant : { $body }. Accès frauduleux à un système de traitement automatisé de données (code pénal, art. 323-1 et suivants).
complaint-by-suspected-account = Plaignant : { $body }. Soupçon d'accès frauduleux à un système de traitement automatisé de données (code pénal, art. 323-1 et suivants).
complaint-by-outside-reader = Plaignant : { $body }. Accès frauduleux à un système de traitement automatisé de données (code pénal, art. 323-1 et suivants).
complaint-by-ransomware = Plaignant : { $body }. Accès frauduleux à un système de traitement automatisé de données et entrave à son fonctionnement (code pénal, art. 323-1 et 323-2).
complaint-by-unspecified = Plaignant : { $body }. Faits à qualifier par l'autorité qui reçoit la plainte.
complaint-evidence-receipts = Avec ce dossier : la clé publique du journal et les reçus des entrées du journal citées entre crochets.
complaint-evidence-with-list = Avec ce dossier : la liste signée des personnes touchées, la clé publique du journal et les reçus des entrées du journal citées entre crochets.
call-centre-told = Un avis a été adressé à chaque personne concernée. Si la personne n'a pas reçu d'avis, demandez conseil au contact ci-dessous avant de répondre.
call-centre-none-told = Aucun envoi d'avis n'est inscrit à ce jour. Ne dites à personne qu'elle n'est pas concernée.
call-centre-not-told = Les avis ne sont pas tous partis. Ne dites à personne qu'elle n'est pas concernée.
complaint-holder = Le titulaire du compte
complaint-holder-unknown = Le titulaire du compte { $account } n'est pas inscrit dans Digue.
complaint-holder-none = L'incident ne porte pas sur un compte.
complaint-name = Nom
complaint-job = Fonction
complaint-organisation = Organisme
complaint-telephone = Téléphone
complaint-mail = Courriel
complaint-account = Compte
complaint-plaintiff = Le plaignant
complaint-represented = Représenté par
complaint-addresses = Les adresses vues
complaint-addresses-explain = Adresses réseau qui ont consulté des dossiers avec ce compte { $when }, d'après le journal. Celle du titulaire peut en faire partie.
complaint-between = du { $from } au { $to }
complaint-addresses-some = Seules les dernières consultations de la période ont été lues : { $count }.
complaint-addresses-none = Aucune adresse n'est établie : le journal n'a aucune consultation de ce compte dans la période.
complaint-addresses-no-period = Aucune adresse n'est établie : la période des faits n'est pas encore inscrite.
complaint-address = Adresse réseau
complaint-visits = Consultations
complaint-first = Première
complaint-last = Dernière
complaint-agent = Logiciel annoncé
complaint-entries = Entrées du journal
complaint-times = Les heures
complaint-losses = Le préjudice
complaint-losses-records = Consultations de dossiers
complaint-losses-kinds = Données vues
complaint-losses-notices = Personnes pour qui un avis est envoyé ou préparé
complaint-losses-amount = Montant du préjudice
complaint-losses-amount-unknown = Pas encore évalué : à compléter par le plaignant.
complaint-persons = Les personnes
complaint-persons-listed = La liste des personnes est jointe : { $list }. Elle ne porte que leurs identifiants.
complaint-persons-unlisted = Aucune liste de personnes n'est établie.
complaint-commands = Toutes les commandes, une par pièce, sont dans { $file }.
notice-address = Un avis se vérifie sur { $address }.

## Why a number is not exact

doubt-uninspected = Ce nombre est un minimum : { $shown } { PLURAL($shown, one: "réponse est partie sans avoir pu être lue", other: "réponses sont parties sans avoir pu être lues") }.
doubt-unseen = Ce nombre est un minimum : { $shown } { PLURAL($shown, one: "réponse n'a pas été vue", other: "réponses n'ont pas été vues") }.
doubt-presumed = Ce nombre est une estimation : { $shown } { PLURAL($shown, one: "réponse n'a pas été vue, et sa requête nommait", other: "réponses n'ont pas été vues, et leurs requêtes nommaient") } des personnes. { PLURAL($shown, one: "Elle a pu", other: "Elles ont pu") } en montrer d'autres, ou aucune.
doubt-swept = Ce nombre est un maximum : { $shown } fois, une personne a été reconnue au format d'un numéro, hors de ce que la carte décrit.
doubt-unmerged = { $shown } { PLURAL($shown, one: "identifiant n'est rattaché", other: "identifiants ne sont rattachés") } à aucune personne : certaines sont peut-être comptées deux fois. Chargez la table des alias.
doubt-stated = Ce nombre a été déclaré : aucune liste n'a été calculée.
invalid-period = La période demandée est vide : la fin doit venir après le début. Cela ne veut pas dire que personne n'a été montré.
invalid-period-future = La période demandée n'a pas encore commencé : personne ne peut savoir ce qui y sera montré.
invalid-period-forgotten = La période demandée s'achève avant le début des consultations conservées par le journal : Digue ne peut pas dire qui a été montré. Cela ne veut pas dire que personne ne l'a été.
unknown-subject = Un des noms demandés (compte, organisation, portail, page ou session) n'est connu ni du journal ni de l'annuaire. Vérifiez-le : cela ne veut pas dire que personne n'a été montré.
person-unknown = Cet identifiant n'est dans aucune entrée du journal. Vérifiez-le : un nom n'est pas un identifiant, et cela ne veut pas dire que personne n'a consulté cette personne.
scope-unknown = Inconnu de ce journal : { $name }. Vérifiez le nom : cela ne veut pas dire que personne n'a été montré.
seen-unknown = Cet identifiant n'est dans aucune entrée de ce journal : { $name }. Vérifiez-le : cela ne veut pas dire que personne n'a consulté cette personne.
scope-unmatched = { $count } { PLURAL($count, one: "identifiant", other: "identifiants") } d'une autre sorte : certaines personnes sont peut-être comptées deux fois.
complaint-uncovered = Entrées citées sans reçu, parce qu'aucun point de contrôle signé ne les couvre encore : { $entries }. Demandez ce dossier à nouveau dans une minute.
complaint-pruned = Entrées citées sans reçu, parce qu'elles ont été effacées à la fin de leur conservation : { $entries }.
complaint-beyond = Entrées citées sans reçu dans ce dossier, parce qu'elles sont trop nombreuses : { $entries }. Chaque reçu se demande sur la page du journal.
not-yet-covered = Les dernières entrées du journal ne sont pas encore couvertes par un point de contrôle signé : rien ne les prouve pour l'instant. Réessayez dans une minute.
