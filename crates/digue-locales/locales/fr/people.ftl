# Qui tient un compte, et comment le joindre.
holder-title = Qui appeler
holder-leaders = Qui répond de cette organisation
holder-officers = Les responsables de l'opérateur
holder-holder = Titulaire
holder-unknown = nom et téléphone inconnus
holder-telephone-unknown = téléphone inconnu
holder-line = { $name } ({ $role }), { $telephone }
holder-written = écrit par { $by } le { $at }
holder-written-self = écrit par son titulaire le { $at }
holder-edit = Modifier ces coordonnées
holder-write = Écrire le nom
holder-form-title = Nom et coordonnées
holder-form-explain = Ces coordonnées s'affichent à côté du compte : c'est par elles qu'on vous appelle pour vérifier un accès, même la nuit. Le journal garde qui les a écrites et quand.
holder-name = Nom et prénom
holder-job = Fonction
holder-telephone = Téléphone
holder-save = Enregistrer
holder-back = Revenir sans enregistrer
own-holder-title = Mes coordonnées
own-holder-none = Vos collègues et vos responsables ne voient qu'un identifiant. Donnez votre nom et un numéro où l'on peut vous joindre.
invalid-holder-name = Indiquez un nom, en 120 caractères au plus.
invalid-holder-job = Indiquez la fonction en 120 caractères au plus.
invalid-own-email = Votre propre adresse est modifiée par une personne qui répond de votre compte : c'est à elle que Digue reconnaît les comptes d'une même personne.
invalid-move-officer = Il ne resterait qu'un responsable. Ajoutez d'abord un autre responsable.
invalid-telephone = Indiquez un numéro de 3 à 15 chiffres, par exemple 01 99 00 12 34 ou +33 1 99 00 12 34.
invalid-account-several = Plusieurs comptes correspondent à ce nom. Donnez l'identifiant du compte.
invalid-organisation-several = Plusieurs organisations correspondent à ce nom. Donnez l'identifiant de l'organisation.
invalid-organisation-none = Aucune organisation ne correspond. Donnez un identifiant, une partie d'un identifiant ou un nom.
choices-more = Les listes ne proposent pas tout : tapez une partie du nom ou de l'identifiant, elle suffit quand elle n'en désigne qu'un.
invalid-account-none = Aucun compte ne correspond. Donnez un identifiant, une partie d'un identifiant ou un nom.
column-holder = Titulaire
act-holder-saved = coordonnées écrites
stored-holder = Coordonnées de
approval-waits-you = attend votre accord
approval-nobody = personne ne peut l'accorder
approval-nobody-explain = Il faut un second responsable ou un délégué confirmé, avec une clé d'accès.
approval-nobody-yet-explain = Il n'y a qu'un responsable. Pour créer le compte du second, la clé de secours imprimée vaut l'accord de la seconde personne, à l'adresse /.digue/printed-key. Sinon, il faut un second responsable ou un délégué confirmé, avec une clé d'accès.
approval-gate = Accès voulu : { $gate }
approval-percent = { $percent } % des limites habituelles
approval-per-day = { $shown } { PLURAL($count, one: "lecture ajoutée", other: "lectures ajoutées") } par jour sans accord
approval-theft = vol confirmé, { $reference } encore ouvert
approval-key-signed = liée à une clé privée que le programme détient
approval-key-directory = liée à rien : elle n'ouvre que les adresses de SCIM
approval-route-takes-address = Répondra à { $address }, hors de la carte jusqu'ici : { $shown } { PLURAL($count, one: "requête récente", other: "requêtes récentes") }
approval-route-takes-nothing = Aucune autre route ne répond à ces adresses, et aucune réponse passée hors de la carte n'en vient.
approval-route-takes-route = Passera avant la route « { $route } » là où une adresse convient aux deux : { $shown } { PLURAL($count, one: "consultation", other: "consultations") } de celle-ci sur un total récent de { $recent } au portail
approval-route-unfit = Cette route ne convient plus à la carte : même accordée, elle n'y serait pas.
approval-details-more = et { $shown } { PLURAL($count, one: "ligne de plus, que", other: "lignes de plus, que") } le fichier contient
approval-deciders-more =
    { $count ->
        [one] ou une autre personne
       *[other] ou { $shown } autres personnes
    }
organisation-nobody-leads = aucun délégué
organisation-leaders-more =
    { $count ->
        [one] et un suppléant
       *[other] et { $shown } suppléants
    }
organisation-no-accounts = Aucun compte. Le délégué, ou le RSSI, en demande un dans « Approbations » ; une seconde personne l'accorde.

# Durée d'un graphique.
range-title = Durée affichée
range-days =
    { $count ->
        [7] 7 jours
        [364] un an
       *[other] { $shown } jours
    }
range-all = tout
range-hours =
    { $count ->
        [one] une heure
       *[other] { $shown } heures
    }
account-weeks = Personnes différentes par semaine
column-week = Semaine du
minutes-title-step = Personnes consultées par minute ; une barre est la minute la plus chargée de { $minutes }

# Les listes d'un compte.
account-lists-title = Ce que le journal sait de ce compte
account-list-persons = Personnes consultées
account-list-exposures = Demandes
account-list-acts = Actes
account-persons-none = Ce compte n'a consulté personne. Chaque personne montrée à ce compte par un portail apparaît ici.
account-exposures-none = Aucune demande. Ce que ce compte demande à un portail apparaît ici, accordé ou refusé, avec son motif.
account-left-out =
    { $count ->
        [one] La liste montre les dernières lignes ; une plus ancienne est dans l'export.
       *[other] La liste montre les dernières lignes ; { $shown } plus anciennes sont dans l'export.
    }

person-sights = Consultations
person-left-out =
    { $count ->
        [one] La liste montre les dernières consultations ; une plus ancienne est dans l'export.
       *[other] La liste montre les dernières consultations ; { $shown } plus anciennes sont dans l'export.
    }
person-nobody-then = Personne n'a consulté cette personne pendant cette durée. Choisissez « tout » pour voir les consultations plus anciennes.

# La recherche.
find-title = Recherche
find-for = Résultats pour « { $text } »
find-kind-accounts = Comptes
find-kind-organisations = Organisations
find-kind-incidents = Incidents
find-kind-records = Registres du SMSI
find-kind-person = Personne concernée
find-person-known = Voir qui a consulté { $person }
find-unknown = « { $text } » est inconnu : aucun compte, aucun titulaire, aucune organisation, aucun incident, aucune fiche du SMSI et aucune personne du journal ne porte ce nom.
find-advice = Un compte, une organisation, un incident ou une fiche se cherchent par une partie du nom. Une personne concernée se cherche par son identifiant entier : le journal n'a pas les noms.
find-more =
    { $count ->
        [one] Un autre résultat n'est pas affiché : précisez la recherche.
       *[other] { $shown } autres résultats ne sont pas affichés : précisez la recherche.
    }
find-short = Donnez au moins deux caractères.
find-unread = Cette liste n'a pas pu être lue : ce qu'elle contient n'est pas connu.

# La première connexion.
own-first-title = D'abord, votre clé d'accès
own-first-explain = Le lien que vous venez d'utiliser ne sert plus. Créez maintenant une clé d'accès, avec votre empreinte, votre visage ou le code de votre appareil : c'est avec elle que vous vous connecterez. Rien d'autre ne vous sera demandé.
own-first-name = mon appareil
own-first-go = Créer ma clé d'accès
own-first-until = Vous avez jusqu'à { $at }. Ensuite, il faudra un autre lien.
own-first-over = Votre lien date de plus d'une demi-heure et votre compte n'a encore aucune clé : demandez un autre lien. Un responsable, ou la personne au terminal du serveur, vous le donne ; ouvrez-le et créez votre clé aussitôt.
invalid-first-passkey = Votre lien date de plus d'une demi-heure. Demandez un autre lien à un responsable, ou à la personne au terminal du serveur, et créez votre clé aussitôt.
passkey-remove-explain = Cette clé n'ouvrira plus votre compte. Ce retrait ne s'annule pas : il faudra en créer une autre.
passkey-remove-go = Retirer cette clé

# La première heure.
first-hour-title = La première heure
first-hour-count = { $done ->
    [one] { $done } étape sur { $total } faite
   *[other] { $done } étapes sur { $total } faites
}
first-hour-left =
    { $count ->
        [one] Il reste une étape : { $steps }.
       *[other] Il reste { $count } étapes : { $steps }.
    }
first-hour-done = fait
first-hour-open = à faire
first-hour-unknown = inconnu
first-hour-rule = Vous êtes le seul responsable. Ce qui élargit un accès se décide à deux : jusqu'à ce qu'un second responsable existe, la clé de secours imprimée au démarrage vaut l'accord de la seconde personne, pour créer son compte et rien d'autre. Une autre personne que vous la tient. 1. Demandez le compte dans « Approbations ». 2. Elle l'accorde dans un navigateur où personne n'est connecté, à l'adresse /.digue/printed-key, et remet le lien. 3. Vous confirmez le titulaire de vive voix.
first-step-passkeys = Avoir deux clés d'accès
first-step-second-officer = Avoir un second responsable, avec sa propre clé d'accès
first-step-contacts = Donner le téléphone de chaque responsable
first-step-mail = Régler le serveur de courriel
first-step-portal = Mettre un premier portail en pilote
first-step-backups = Sauvegarder Digue, et restaurer une sauvegarde pour preuve
first-step-why-passkeys = Une clé perdue ne doit pas vous laisser dehors : ajoutez-en une sur un second appareil.
first-step-why-second-officer = Rouvrir un accès, rendre un compte ou créer un compte se décide à deux. Un compte sans clé d'accès ni identité reliée ne compte pas : son titulaire ne pourrait rien accorder.
first-step-why-contacts = La nuit, celui qui attend un accord doit savoir qui appeler.
first-step-why-mail = Sans lui, alertes, invitations et avis ne partent pas.
first-step-why-portal = Un pilote ne change rien au portail et ne bloque personne ; il montre ce que la carte ne décrit pas encore.
first-step-why-backups = Une copie hors de la machine ne compte qu'une fois restaurée pour preuve, et mesurée.
task-waits-for = attend l'accord de { $who }
printed-key-title = Clé de secours de la seconde personne
printed-key-explain = Jusqu'à ce qu'un second responsable existe, cette clé vaut l'accord de la seconde personne pour créer son compte, et rien d'autre. La personne qui la tient n'est pas le premier responsable.
printed-key = Clé imprimée
printed-key-use = Voir ce qui attend
printed-key-nothing = Aucun compte de responsable n'attend. Le premier responsable le demande d'abord dans « Approbations ».
printed-key-signed-in = Quelqu'un est connecté dans ce navigateur. Ouvrez cette page dans un autre : celui qui demande un compte ne doit pas en voir le lien.
printed-key-asked = Demandé par { $by } : { $reason }
printed-key-grant = Accorder ce compte et voir son lien
printed-key-made = Le compte { $account } est accordé. Voici son lien, affiché une seule fois et valable 72 heures :
printed-key-step-hand = Remettez ce lien en main propre à la personne, et à elle seule.
printed-key-step-passkey = Elle l'ouvre et crée sa clé d'accès ; un code s'affiche sur sa page.
printed-key-step-confirm = Elle dit ce code de vive voix au premier responsable, qui confirme son compte dans « Comptes ».
invalid-printed-key = Cette clé n'est pas la bonne, ou un second responsable existe déjà : la clé ne sert alors plus.

# Ce qui vient d'être fait, et comment revenir en arrière.
done-gate = La vanne de { $about } est réglée, avec effet immédiat.
done-general-gate = La vanne générale est réglée, avec effet immédiat.
done-cut = Les sessions de { $about } sont coupées. Une coupure ne s'annule pas : la personne se reconnecte.
done-suspended = L'accès de { $about } est suspendu et ses sessions sont coupées.
done-resumed = L'accès de { $about } est rétabli.
done-requested = La demande pour { $about } est faite. Elle attend une seconde personne pendant quatre jours.
done-granted = La demande est accordée et appliquée.
done-refused = La demande est refusée : rien n'a changé.
done-holder = Les coordonnées de { $about } sont enregistrées.
done-organisation = « { $about } » est enregistrée.
done-api-key = La clé d'API ne sert plus. Une révocation ne s'annule pas : demandez une autre clé.
done-passkey = La clé d'accès est retirée.
done-added-route = La route { $about } est retirée de la carte.
undo-gate = Voir les vannes, et rouvrir
undo-suspended = Revenir en arrière : rétablir l'accès
undo-resumed = Revenir en arrière : suspendre l'accès
undo-requested = Voir qui peut l'accorder
gate-reach = J'ai vérifié sur qui porte ce changement : il vaut pour tout ce que la portée désigne.
gate-reach-organisation = { $count ->
    [0] J'ai vérifié : cette organisation n'a aucun compte.
    [one] J'ai vérifié : ce changement vaut pour le seul compte de { $name }.
   *[other] J'ai vérifié : ce changement vaut pour les { $shown } comptes de { $name }.
}
gate-explain = Fermer coupe tout de suite l'accès aux portails. Un compte fermé perd aussi son rôle dans la console : il n'y est plus qu'un agent. Refermer se fait seul ; rouvrir demande l'accord d'une seconde personne.
cut-explain = La personne est déconnectée partout et perd ce qu'elle n'a pas enregistré. Elle peut se reconnecter aussitôt : pour lui retirer les portails et son rôle dans la console, fermez la vanne.
account-suspend-explain = La personne est déconnectée et ne peut plus se connecter. Seul le RSSI peut rétablir son accès.
done-backups-kept = Les sauvegardes du dépôt { $about } sont gardées.
done-registers = Vos premiers registres sont créés.
done-record = La fiche { $about } est enregistrée.
done-record-ended = La fiche { $about } est close. Son historique reste lisible.
done-record-signed = La fiche { $about } est signée.
