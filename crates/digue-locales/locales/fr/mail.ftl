# What Digue writes to people.
mail-invitation-subject = Votre accès
mail-invitation-body =
    Bonjour,

    Un accès a été ouvert à votre nom ({ $account }). Pour créer votre clé d'accès, ouvrez cette adresse dans les { $hours } heures :

    { $link }

    L'adresse ne sert qu'une fois. Vous ne verrez encore aucun dossier : votre délégué vous appellera pour vérifier que c'est bien vous.

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

    Quelqu'un a essayé dix fois de suite d'entrer dans le compte { $account } avec un mauvais mot de passe, depuis un appareil que vous n'avez jamais utilisé. Cette voie est fermée ; vos appareils habituels et vos clés d'accès continuent de fonctionner.

    Vous n'avez rien à faire. Pour entrer depuis un nouvel appareil, demandez à votre délégué.

mail-finding-subject = Digue a trouvé une consultation anormale
mail-finding-body =
    Bonjour,

    La surveillance a trouvé quelque chose d'anormal sur le compte { $account }. Ce qui a été vu, ce qui a été fait et ce qu'il reste à décider sont dans la console, à la page Surveillance.

    { $link }

mail-closings-held-subject = Digue ne ferme plus de compte de lui-même
mail-closings-held-body =
    Bonjour,

    Sur le portail { $portal }, la surveillance a fermé d'elle-même autant de comptes qu'elle le peut sans qu'une personne décide. Elle n'en ferme plus : aux comptes suivants elle demande une nouvelle preuve d'identité, et leurs constats attendent votre décision dans la console, à la page Surveillance.

    { $link }
