# What Digue writes to people.
mail-invitation-subject = Votre accès
mail-invitation-body =
    Bonjour,

    Un compte a été ouvert à votre nom ({ $account }). Pour créer votre clé d'accès, ouvrez cette adresse dans les { $hours } { PLURAL($hours, one: "heure", other: "heures") } :

    { $link }

    L'adresse ne sert qu'une fois. Vous ne verrez encore aucun dossier : votre délégué vous appellera pour vérifier votre identité.

    Vous n'attendiez pas ce message ? N'ouvrez pas l'adresse et prévenez votre délégué.
mail-recovered-subject = Un compte a été rendu à son titulaire
mail-recovered-body =
    Bonjour,

    Le compte { $account } a été rendu à son titulaire, à la demande d'une personne et avec l'accord d'une autre. Ses sessions et ses clés ont été retirées, et ses limites sont plus basses pour deux semaines.

    Vous n'en aviez pas connaissance ? Ouvrez la console vous-même ({ $link }) et prévenez le responsable de la sécurité.
mail-factors-changed-subject = Vos moyens de connexion ont changé
mail-factors-changed-body =
    Bonjour,

    Un moyen de se connecter au compte { $account } vient d'être ajouté ou retiré.

    Ce n'était pas vous ? Ouvrez la console vous-même ({ $link }), coupez les autres sessions et prévenez votre délégué.
mail-sign-in-blocked-subject = Des mots de passe ont été essayés sur votre compte
mail-sign-in-blocked-body =
    Bonjour,

    Quelqu'un a essayé dix fois de suite de se connecter au compte { $account } avec un mauvais mot de passe, depuis un appareil que vous n'avez jamais utilisé. La connexion par mot de passe depuis un appareil inconnu est maintenant bloquée ; vos appareils habituels et vos clés d'accès continuent de fonctionner.

    Vous n'avez rien à faire. Pour vous connecter depuis un nouvel appareil, adressez-vous à votre délégué.

mail-finding-subject = Digue a trouvé une consultation anormale
mail-finding-body =
    Bonjour,

    La surveillance a trouvé une activité anormale sur le compte { $account }. Ce qui a été vu, ce qui a été fait et ce qui reste à décider se trouve dans la console, à la page Surveillance.

    { $link }

mail-closings-held-subject = Digue ne ferme plus de comptes automatiquement
mail-closings-held-body =
    Bonjour,

    Sur le portail { $portal }, la surveillance a fermé automatiquement autant de comptes qu'elle le peut sans décision humaine. Elle n'en ferme plus : elle demande une nouvelle preuve d'identité aux comptes suivants, et leurs constats attendent votre décision dans la console, à la page Surveillance.

    { $link }

mail-backup-deletion-subject = Digue effacera des sauvegardes dans soixante-douze heures
mail-backup-deletion-body =
    Bonjour,

    Deux personnes ont accordé l'effacement de sauvegardes du dépôt { $repository }. Rien n'est effacé avant soixante-douze heures. Si cet effacement vous surprend, arrêtez-le seul, dans la console, à la page Approbations, et vérifiez qui l'a demandé.

    { $link }

mail-organisation-finding-subject = Digue a trouvé des consultations anormales dans une organisation
mail-organisation-finding-body =
    Bonjour,

    La surveillance a trouvé une activité anormale sur des comptes de l'organisation { $organisation }. Ce qui a été vu, ce qui a été fait et ce qui reste à décider se trouve dans la console, à la page Surveillance.

    { $link }

mail-reported-subject = Un partenaire signale un soupçon
mail-reported-body =
    Bonjour,

    L'organisation { $organisation } a signalé un soupçon sur ses comptes ou ses postes. Un incident est ouvert : lisez ce qu'elle a écrit dans la console, à la page Incidents, et qualifiez-le. Pour un sous-traitant, ce signalement peut faire commencer le délai de 72 heures.

    { $link }
