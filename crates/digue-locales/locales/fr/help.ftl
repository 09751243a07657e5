# L'aide de chaque page : à quoi elle sert ; ce que veulent dire les chiffres et les mots ; par où commencer. Une ligne pour chacun.

help-title = Aide sur cette page
help-what = À quoi sert cette page
help-words = Ce que veulent dire les chiffres et les mots
help-first = Par où commencer

help-page-home =
    Ce qui vous attend, selon votre fonction : l'état du moment en une phrase, les délais légaux en cours, puis vos tâches.
    Une tâche rouge est en retard ou touche à un incident ; le chiffre d'un délai est le temps qui reste avant l'échéance de la loi. Un point d'interrogation dit que le nombre n'a pas pu être lu.
    Suivez le bouton de la première tâche : la liste est rangée par urgence.
help-page-activity =
    Ce qui se passe en ce moment sur les portails, minute par minute, et les vannes qui limitent ou coupent l'accès.
    Une personne est comptée une fois par fenêtre, quel que soit le nombre de pages. La part est ce qu'un compte a consommé de sa limite. Une vanne est un réglage d'accès pour un compte, un organisme, un portail ou l'ensemble ; « non ouverte » veut dire qu'elle restreint quelque chose.
    Regardez les comptes les plus proches de leur limite. En cas de doute, fermez la vanne du compte avant celle du portail.
help-page-findings =
    Les signalements : des comptes dont l'usage ne ressemble pas à du travail habituel.
    La force additionne ce qui parle contre un travail honnête : plus elle est haute, moins cela arrive par hasard. Force 3 : environ un jour de travail d'un compte sur 1 000 ; force 4 : environ un sur 10 000. Un jour-compte est un jour de travail d'un compte ; le taux dit combien de signalements décidés « travail normal » reviennent à 1 000 de ces jours.
    Ouvrez celui qui attend depuis le plus longtemps et décidez : vol, ou travail normal. Un compte fermé le reste jusqu'à la décision.
help-page-finding =
    Un signalement : le compte, ce qui a été vu, et la décision à prendre.
    Chaque signal a une force ; leur somme est la force totale. « Un jour-compte sur 10 000 » veut dire : si ce compte travaillait honnêtement, on ne verrait un tel jour qu'une fois sur 10 000 jours travaillés. Ce n'est pas la probabilité d'un vol.
    Appelez le titulaire ou son référent à un numéro déjà connu, puis décidez. La décision est signée et peut être relue.
help-page-scope =
    La liste des personnes dont un compte, un organisme ou un portail a montré les données pendant une période.
    Personnes : chacune une fois. Consultations : chaque réponse où elle figurait. « Au moins » signale une période où le journal n'est pas complet.
    Choisissez le compte et la période, puis exportez la liste si elle doit accompagner un incident.
help-page-persons =
    Qui a consulté les données d'une personne, et quand.
    Une consultation est une réponse d'un portail où la personne figurait. Rien ne prouve qu'elle a été lue à l'écran.
    Cherchez la personne par son identifiant, puis ouvrez le compte qui vous étonne.
help-page-journal =
    Tout ce que Digue a enregistré, dans l'ordre : consultations, refus, réglages, décisions.
    Une entrée est scellée : elle ne peut être ni changée ni retirée sans que cela se voie. Le reçu d'une entrée le prouve hors de Digue. Lire le journal y laisse aussi une entrée ; au-delà d'un nombre de pages par jour, une autre personne doit l'accorder.
    Filtrez par compte et par période plutôt que de feuilleter.
help-page-portals =
    Les portails que Digue protège, et ce qu'il comprend de chacun.
    En mode observation, Digue compte sans refuser ; en mode bloquant, il refuse. La couverture est la part des réponses dont Digue sait dire quelles personnes elles montrent.
    Ouvrez les routes non comprises d'abord : ce sont des pages dont les personnes ne sont pas comptées.
help-page-portal-route =
    Dire à Digue comment lire une page d'un portail, sans arrêter le service.
    Une route est une adresse du portail ; ses lignes disent où se trouvent les identifiants des personnes. Une route ajoutée ici s'ajoute au fichier de configuration et peut être retirée.
    Copiez la proposition, essayez-la sur une réponse réelle, puis donnez le motif.
help-page-search =
    Retrouver une personne, un compte, un organisme, un incident ou une mesure à partir d'un mot.
    Les accents et les majuscules ne comptent pas ; un morceau d'identifiant suffit. « Inconnu » veut dire que rien ne porte ce mot.
    Tapez un nom, un numéro de téléphone ou un identifiant reçu au téléphone.
help-page-incidents =
    Les incidents de sécurité, ouverts et clos, avec leurs échéances.
    L'échéance est la plus proche de celles que la loi fixe : 72 heures pour prévenir la CNIL après avoir su. « Suspecté » : on ne sait pas encore ; « confirmé » : la violation est établie.
    Ouvrez l'incident dont l'échéance est la plus proche, ou déclarez-en un dès le premier doute : il peut être écarté ensuite.
help-page-incident =
    Un incident en six étapes : qualifier, personnes, décider, CNIL, avis, clore.
    La barre du haut dit le temps qui reste et les points qui manquent ; chaque point est un lien vers son champ. Le registre interne est tenu de lui-même.
    Suivez l'étape marquée en cours. Répondez « je ne sais pas » plutôt que de laisser vide : vous pourrez compléter.
help-page-incident-sheets =
    Les fiches de conduite : quoi faire dans les premières heures, et quelles preuves garder.
    Chaque réponse porte sa date et son auteur dans la main courante de l'incident.
    Faites d'abord ce qui arrête la fuite, puis ce qui garde les preuves ; écrivez ce qui est fait au fur et à mesure.
help-page-incident-affected =
    La liste des personnes dont les données ont été vues pendant l'incident.
    Chaque liste a un numéro : une nouvelle liste ne remplace pas les anciennes, qui restent comme preuve. « Au moins » : des réponses n'ont pas pu être lues, ou des identifiants peuvent désigner la même personne.
    Vérifiez le compte et les heures, calculez la liste, puis lisez le nombre et les catégories de données.
help-page-incident-list =
    Une liste de personnes, telle qu'elle a été calculée et signée ce jour-là.
    Le numéro et l'empreinte permettent de prouver qu'elle n'a pas changé.
    Joignez cette liste, et non un extrait, au dossier de la plainte.
help-page-incident-decisions =
    Les décisions que la loi demande : notifier la CNIL ou non, informer les personnes ou non, et pourquoi.
    La gravité est calculée à partir des données et du nombre de personnes ; vous pouvez en décider autrement, avec un motif.
    Lisez la gravité proposée, décidez, et écrivez le motif en une phrase : l'autorité peut le demander.
help-page-incident-notification =
    Le brouillon de la notification à la CNIL, rempli à partir des faits.
    Un champ rempli par Digue vient du journal ; un champ que vous changez garde votre réponse. Une notification peut être initiale, puis complétée.
    Complétez ce qui manque, exportez le document, recopiez-le dans le téléservice de la CNIL, puis inscrivez le numéro reçu.
help-page-incident-notices =
    Prévenir les personnes : par courriel, par lettre ou par un tiers.
    Une campagne est l'envoi à une liste donnée. Une personne sans adresse connue reçoit une lettre, ou figure dans la liste à remettre à un autre.
    Vérifiez le texte et le nombre de personnes par voie, commencez la campagne, puis envoyez.
help-page-campaign =
    Une campagne d'avis : ce qui est parti, ce qui est revenu, ce qui reste.
    « Exporté » : le fichier est sorti de Digue, cela ne prouve pas l'envoi. « Refusé » : le serveur du destinataire n'a pas voulu du message.
    Envoyez, imprimez les lettres en recto verso (chaque lettre commence sur sa propre feuille), puis traitez les refus.
help-page-incident-closing =
    Clore l'incident : les causes, ce qui change, ce qui reste ouvert.
    Un incident ne se clôt pas tant qu'une échéance légale court ou qu'un chiffre déclaré contredit la liste signée. Clos, il peut être rouvert.
    Traitez les points qui restent, puis écrivez ce que l'on change pour que cela n'arrive plus.
help-page-check =
    Savoir si un avis reçu vient bien de l'organisme.
    Le code figure sur la lettre ou le courriel. Il ne donne accès à aucune donnée.
    Saisissez le code comme il est écrit ; les tirets et les majuscules ne comptent pas.
help-page-register =
    Le registre des violations de données (article 33, paragraphe 5 du RGPD), tenu à partir des incidents.
    Chaque ligne est un incident ; une colonne vide est une question sans réponse. « À la CNIL » dit la date et le numéro, ou pourquoi rien n'a été notifié.
    Complétez les lignes marquées, puis exportez le registre pour un contrôle.
help-page-requests =
    Les demandes des personnes : accès, contestation, rectification.
    Le délai de réponse est d'un mois à partir de la réception. Une contestation dit que la personne ne reconnaît pas une consultation.
    Répondez à la plus ancienne ; une contestation peut cacher un compte volé.
help-page-request =
    Une demande d'une personne, avec les faits qu'il faut pour répondre.
    Les consultations contestées sont montrées avec le compte qui les a faites.
    Lisez les faits, appelez le référent de l'organisme si besoin, puis répondez en phrases simples.
help-page-break-glass =
    Les accès d'urgence : quelqu'un a ouvert un dossier hors de son portefeuille en donnant son motif.
    L'accès est limité en temps et en nombre de personnes, et toujours relu après coup par quelqu'un d'autre.
    Relisez ceux qui attendent : le motif tient-il, et la personne figure-t-elle bien dans l'urgence décrite ?
help-page-classes =
    Les personnes surveillées de plus près : personnalités, collègues, personnes menacées.
    Une classe est une liste de personnes dont chaque consultation est relue. Les traits disent pourquoi une consultation étonne : même nom, même adresse, aucun suivi en cours.
    Relisez les consultations sans raison connue, et interrogez le compte qui les a faites.
help-page-messages =
    Savoir si un message, un appel ou un courriel est une arnaque connue, et en signaler un.
    L'avis compare le message à ceux que l'organisme envoie et à ceux qui ont été signalés ; il peut se tromper.
    Collez le message. Ne cliquez sur rien et ne rappelez pas le numéro qu'il donne.
help-page-message-reports =
    Les messages frauduleux signalés, et ce que l'on en dit aux autres.
    Un signalement publié apparaît à tous sur la page des messages.
    Lisez le plus récent ; s'il peut tromper d'autres personnes, publiez-le.
help-page-smsi =
    Le système de management de la sécurité : ce qui est en retard, ce qui ne tient pas, ce qui est mesuré.
    Une contradiction est un registre qui dit le contraire d'un fait ou d'un autre registre. Une vérification en échec est un fait que Digue a mesuré lui-même. Les euros sont les pénalités prévues au contrat pour les mesures en retard.
    Ouvrez la mesure la plus en retard ; donnez-lui une date tenable ou un porteur.
help-page-smsi-start =
    Dix questions qui remplissent les premiers registres.
    Vos réponses créent un périmètre, des rôles, des biens, des risques, des mesures et un calendrier. Tout peut être changé ensuite.
    Répondez de mémoire : dix minutes suffisent.
help-page-smsi-calendar =
    Tout ce qui est attendu, par date : mesures, audits, revues, échéances.
    Le retard est compté en jours à partir de la date écrite dans le registre ; les euros sont la pénalité due ce jour.
    Traitez le haut de la liste, ou reportez la date dans le registre avec son motif.
help-page-smsi-contradictions =
    Les contradictions : ce que les registres disent et que les faits, ou d'autres registres, démentent.
    Exemples : une mesure « faite » dont la vérification échoue, un risque accepté sans signataire, un incident dont le traitement n'est pas au registre. Ce n'est pas une faute : c'est ce qu'il reste à compléter ou à corriger.
    Suivez le lien de chaque ligne et corrigez le registre, ou le fait.
help-page-smsi-ebios =
    Les cinq ateliers d'EBIOS RM, et les registres où se trouve le contenu de chacun.
    Le niveau de menace d'une partie prenante est (dépendance × pénétration) divisé par (maturité × confiance), chacune de 1 à 4 : au-dessus de 1, elle expose plus qu'elle ne protège.
    Avancez dans l'ordre des ateliers ; regardez d'abord les parties prenantes dont le niveau est le plus haut.
help-page-smsi-exchange =
    Échanger avec d'autres outils : importer une analyse d'impact, exporter vers MonServiceSécurisé ou un tableur.
    Un import ajoute ou complète des lignes, et dit lesquelles avant de les écrire.
    Exportez d'abord ce que vous avez : le fichier sert de modèle.
help-page-smsi-registers =
    Tous les registres : risques, mesures, traitements, biens, audits et les autres.
    Le nombre est celui des lignes en vigueur ; les lignes closes restent dans l'historique.
    Commencez par les mesures et les risques : les autres registres s'y rattachent.
help-page-smsi-register =
    Un registre en liste. Le fichier du registre peut être rempli dans un tableur et importé.
    L'état est calculé : une mesure « faite » que sa vérification dément est dite contredite. Dans la matrice, chaque case compte les risques de cette vraisemblance et de cette gravité.
    Filtrez par état ou par porteur, puis ouvrez ce qui est contredit ou en retard.
help-page-smsi-record =
    Une ligne d'un registre : ses champs, ses liens, ce que Digue mesure, et son historique.
    Un champ « nécessaire » doit être rempli. Chaque enregistrement crée une révision, inscrite au journal ; enregistrer n'est pas signer. Les anciennes restent lisibles.
    Remplissez les champs nécessaires et enregistrez ; le reste peut attendre.
help-page-smsi-samples =
    Tirer un échantillon au hasard pour un audit.
    La graine fixe le tirage : avec la même graine, n'importe qui retrouve le même échantillon.
    Choisissez la population et la taille, tirez, puis notez la graine dans l'audit.
help-page-smsi-checks =
    Ce que Digue vérifie lui-même, chaque jour : clés d'accès, sauvegardes, courriels, portails et le reste.
    « Inconnu » n'est pas « bon » : la vérification n'a pas pu être faite. « Non applicable » dit qu'il n'y a rien à vérifier.
    Ouvrez une vérification en échec : sa page dit ce qui manque et quoi faire.
help-page-smsi-check =
    Une vérification : son résultat, ce qui échoue, et ses résultats passés.
    Le réglage relevé est la valeur que Digue a lue le jour de la vérification. Suspendre une vérification demande un motif et une date de fin.
    Corrigez ce qui échoue, puis relancez la vérification ; elle se refait aussi d'elle-même.
help-page-smsi-continuity =
    Le plan de reprise : dans quel ordre vos activités redémarrent, qui s'en charge, et ce dont elles ont besoin.
    La DMIA est la durée sans l'activité que vous acceptez, la PDMA l'âge des données que vous acceptez de perdre. « Inconnu » n'a jamais été mesuré.
    Inscrivez vos activités, puis corrigez les écarts un par un ; imprimez le plan et gardez-le hors de Digue.
help-page-smsi-privacy =
    Les registres sur les données personnelles : traitements, contrats, analyses d'impact, durées de conservation, et ce qui leur manque.
    « Manquant » : la loi le demande et la fiche ne le dit pas ; « non mesurée » : aucun décompte ne dit si la durée est respectée.
    Ouvrez une fiche de la liste, complétez-la, puis imprimez le registre.
help-page-smsi-software =
    L'inventaire des logiciels, et ce que le catalogue des vulnérabilités exploitées en nomme.
    « Version inconnue » : l'inventaire ne la donne pas ; « versions non précisées » : le catalogue ne dit pas lesquelles sont touchées.
    Déposez l'inventaire d'un de vos outils, puis mettez à jour ce qui est touché.
help-page-smsi-statement =
    La déclaration d'applicabilité : chaque mesure de la norme, retenue ou non, et ce qui le prouve.
    « Mesuré » : une vérification le prouve ; « déclaré » : quelqu'un l'écrit ; « non satisfait » : un fait le dément.
    Décidez de ce qui est exclu, avec un motif, puis signez et exportez.
help-page-smsi-framework =
    Un référentiel, exigence par exigence, et ce qui y répond dans vos registres.
    Une exigence est couverte par une mesure, par une vérification, ou par une autre exigence déjà couverte.
    Ouvrez les exigences sans réponse et rattachez-leur une mesure.
help-page-reviews =
    Les revues des comptes : qui a encore besoin de son accès ?
    Une revue prend la liste des comptes du jour ; chaque ligne se décide une fois.
    Ouvrez la revue dont l'échéance est la plus proche, ou commencez-en une.
help-page-review =
    Une revue : pour chaque compte, garder son accès ou le suspendre.
    « Comme d'habitude » : le compte a servi, n'était pas suspendu à l'ouverture, et ne montre pas plus de personnes que ses pairs. Ce qui sort de l'ordinaire est en haut.
    Regardez d'abord ce qui sort de l'ordinaire, puis gardez en une fois tous ceux qui sont comme d'habitude.
help-page-awareness =
    Vos formations courtes, et les documents à lire.
    Un module est fait quand toutes les réponses sont justes ; vous pouvez recommencer.
    Faites celui qui est dû d'abord ; il prend quelques minutes.
help-page-awareness-state =
    Qui a suivi les formations, par compte et par organisme.
    « Dû » : la formation n'est pas faite, ou date de plus d'un an.
    Relancez les organismes où il manque le plus de monde.
help-page-awareness-module =
    Une formation courte : lire, puis répondre.
    Les réponses ne servent qu'à savoir si la formation est faite.
    Lisez la page, puis répondez ; une erreur est expliquée.
help-page-awareness-document =
    Un document à lire, et à confirmer.
    Votre confirmation est datée et vaut pour cette version du document.
    Ouvrez le document, lisez-le, puis confirmez.
help-page-own-incidents =
    Les incidents de votre organisme, et le moyen d'en signaler un à l'opérateur.
    Un poste perdu, un courriel piégé, un mot de passe donné : tout cela compte. Signaler n'est pas avouer une faute.
    Appelez l'opérateur au numéro affiché, puis écrivez ici ce qui s'est passé et depuis quand.
help-page-space =
    L'espace de votre organisme : ses comptes, leurs limites, et ce qu'il faut traiter.
    La limite est le nombre de personnes différentes qu'un compte peut consulter par jour ou par heure. Un compte fermé l'a été pour vérifier ce qui s'y passait.
    Confirmez les collègues qui attendent, puis retirez les comptes de ceux qui sont partis.
help-page-assessment =
    L'auto-évaluation de sécurité de votre organisme, thème par thème.
    Un écart est une réponse qu'un fait vérifié par l'opérateur contredit. Elle se signe quand tous les thèmes sont remplis.
    Remplissez un thème à la fois ; vos réponses sont gardées. Répondez « non » plutôt que de deviner.
help-page-assessments =
    Les auto-évaluations des organismes partenaires.
    Un écart est une réponse que les faits contredisent. « À faire » : rien n'a encore été rempli.
    Ouvrez celles qui ont des écarts, puis relancez celles qui sont en retard.
help-page-person =
    Qui a consulté votre dossier, quand, et pour quel organisme.
    Une consultation est une page où votre dossier figurait. Elle est souvent normale : préparer un entretien, répondre à un courrier.
    Lisez la liste. Si une consultation vous étonne, dites-le avec le lien de sa ligne : quelqu'un vous répondra sous un mois.
help-page-person-sign-in =
    Ouvrir la page qui dit qui a consulté votre dossier.
    Le code vient de la lettre que vous avez reçue. Il ne sert qu'à cela, et pour un temps limité.
    Saisissez le code de la lettre, ou demandez-en une nouvelle.
help-page-person-ask =
    Demander quelque chose sur votre dossier, ou dire qu'une consultation vous étonne.
    La réponse vient sous un mois. Vous pouvez retirer votre demande tant qu'elle n'a pas de réponse.
    Écrivez avec vos mots ; aucun terme juridique n'est nécessaire.
help-page-person-information =
    Comment vos données sont utilisées ici, et quels sont vos droits.
    Le responsable de traitement est l'organisme qui décide de cet usage. Le délégué à la protection des données répond à vos questions.
    Pour toute question, écrivez au délégué indiqué ; vous pouvez aussi saisir la CNIL.
help-page-person-embed =
    Les dernières consultations de votre dossier.
    Une consultation est une page où votre dossier figurait.
    Ouvrez la page complète pour voir la liste ou poser une question.
help-page-accessibility =
    Ce qui est accessible dans ces pages, ce qui ne l'est pas encore, et à qui le dire.
    Les critères sont ceux du RGAA, le référentiel français d'accessibilité.
    Si une page vous bloque, écrivez au contact indiqué : une autre voie vous sera proposée.
help-page-accounts =
    Tous les comptes, avec leur titulaire, leur organisme et leur usage.
    « Sans clé d'accès » : le compte n'a pas encore de moyen de connexion sûr. « Suspendu » : il ne peut plus se connecter, ses données restent.
    Cherchez un nom ou un organisme ; donnez un titulaire aux comptes qui n'en ont pas.
help-page-account =
    Un compte : son titulaire, ce qu'il a consulté, ses limites, ses sessions.
    « D'habitude » est sa journée ordinaire, calculée sur les semaines passées. La limite est ce que Digue lui permet.
    Appelez le titulaire au numéro affiché avant de fermer ; en cas de vol évident, fermez d'abord.
help-page-holder =
    Dire qui se sert d'un compte : nom, fonction, téléphone, courriel.
    Ces coordonnées servent à joindre la personne en cas de doute ; elles apparaissent là où il faut l'appeler.
    Mettez un numéro que vous avez vérifié : c'est celui que l'on appellera la nuit.
help-page-organisations =
    Les organismes dont les comptes accèdent aux portails.
    Le référent est la personne qui répond des comptes de son organisme.
    Vérifiez que chaque organisme a un référent et un courriel.
help-page-organisation =
    Un organisme : son référent, ses comptes, leur usage.
    L'usage est compté en personnes différentes par jour.
    Appelez le référent au numéro affiché pour toute question sur un compte.
help-page-sessions =
    Les connexions ouvertes en ce moment.
    Une session est une connexion d'un compte depuis un appareil. La couper oblige à se connecter de nouveau ; cela ne ferme pas le compte.
    Coupez une session que son titulaire ne reconnaît pas, puis fermez la vanne du compte.
help-page-approvals =
    Les actes qui demandent l'accord d'une seconde personne.
    La demande tient quatre jours. Celui qui demande ne peut pas accorder.
    Vérifiez par un autre canal que la demande est réelle, puis accordez ou refusez avec un motif.
help-page-own =
    Votre compte : vos clés d'accès, vos sessions, vos identités.
    Une clé d'accès remplace le mot de passe ; elle reste dans votre appareil et ne peut pas être volée par un faux site.
    Ajoutez une seconde clé d'accès : sans elle, un appareil perdu vous enferme dehors.
help-page-own-identities =
    Les identités d'autres services reliées à votre compte.
    Une identité reliée permet de se connecter par cet autre service.
    Retirez celles dont vous ne vous servez plus.
help-page-own-password =
    Le mot de passe de secours, là où il est permis.
    Il ne suffit jamais seul : un code d'application est aussi demandé.
    Préférez une clé d'accès ; sinon, choisissez une phrase longue que vous n'utilisez nulle part ailleurs.
help-page-keys =
    Les clés des programmes qui parlent à Digue.
    Une clé agit au nom d'un compte et n'a que ses droits. Révoquée, elle cesse aussitôt de servir.
    Révoquez les clés qui n'ont pas servi depuis longtemps.
help-page-sources =
    Les fichiers et annuaires dont Digue tire les portefeuilles, les comptes et les classes.
    Une source retenue a changé d'un coup plus que d'habitude : Digue garde l'ancienne version jusqu'à votre accord.
    Regardez ce qui change dans une source retenue, puis acceptez-la ou faites-la corriger.
help-page-signals =
    Les événements que votre fournisseur d'identité envoie : sessions révoquées, comptes désactivés.
    Un sujet inconnu est une personne que Digue ne sait relier à aucun compte. Une demande attend quand une personne doit décider.
    Décidez d'abord les demandes en attente, puis regardez les sujets inconnus et les flux qui ne répondent pas.
help-page-settings =
    La configuration en vigueur, lue au démarrage.
    Ce que montre cette page se change dans le fichier de configuration ; chaque changement est daté et porte une empreinte.
    Comparez avec ce que vous attendiez, surtout après une mise à jour.
help-page-sign-in =
    Se connecter.
    Une clé d'accès est une connexion sans mot de passe, gardée par votre téléphone ou votre ordinateur.
    Choisissez « clé d'accès » si vous en avez une ; sinon, servez-vous du lien reçu.
help-page-enter =
    Entrer une première fois avec le lien reçu.
    Le lien ne sert qu'une fois.
    Ouvrez-le sur l'appareil dont vous vous servirez, et créez aussitôt votre clé d'accès.
help-page-printed-key =
    Entrer avec la clé de secours imprimée.
    Elle sert quand tous les autres moyens sont perdus, et compte comme seconde personne le premier jour.
    Saisissez-la comme elle est imprimée ; chaque usage est inscrit au journal.
help-page-identity-end =
    Relier une identité d'un autre service à votre compte.
    Sans ce lien, l'autre service ne donne accès à rien ici.
    Confirmez avec votre moyen de connexion habituel.
help-page-left =
    Vous êtes déconnecté.
    Les autres appareils restent connectés.
    Fermez la fenêtre sur un poste partagé.
help-page-welcome =
    Créer votre clé d'accès avant toute autre chose.
    Le lien d'entrée ne sert plus : sans clé, il en faudra un autre, que votre référent ou l'opérateur envoie.
    Créez la clé sur cet appareil, puis ajoutez-en une seconde.
help-page-break-glass-ask =
    Ouvrir en urgence ce que votre portefeuille ne permet pas.
    L'accès est court, limité à quelques personnes, et toujours relu ensuite.
    Écrivez l'urgence en une phrase : qui, et pourquoi maintenant.
help-page-record-ask =
    Ouvrir le dossier d'une personne qui n'est pas dans votre portefeuille.
    Votre motif est inscrit au journal et peut être relu.
    Saisissez l'identifiant de la personne et le motif, par exemple « accueil ce matin ».
help-page-smsi-clauses =
    Chaque clause de la norme, de 4 à 10 : les registres où elle se lit, et ce qui manque.
    « Incomplet » : des fiches existent, et il manque ce qui est écrit à droite. « Absent » : il n'y a aucune fiche.
    Suivez les liens de la colonne de droite, de haut en bas.
help-page-smsi-policies =
    Les politiques de sécurité, par sujet, avec leur signature et leurs lecteurs.
    « Attend une signature » : la politique nomme qui l'approuve, et cette personne n'a pas encore signé.
    Partez du modèle de la politique de sécurité de l'information, puis adaptez-le.
help-page-smsi-objectives =
    Les objectifs chiffrés, leurs valeurs et leur courbe.
    « Mesurée » : une vérification de Digue donne la valeur. « Déclarée » : une personne l'a inscrite.
    Regardez d'abord ceux qui ne sont pas atteints.
help-page-smsi-programme =
    Ce qu'un programme d'audit examine en trois ans, et ce qu'il laisse de côté.
    « Jamais prévue » : aucun audit du programme ne cite cette clause ou cette mesure dans ses critères.
    Ajoutez ce qui manque aux critères d'un audit, et changez l'auditeur là où il n'est pas indépendant.
help-page-smsi-revisions =
    Toutes les révisions d'une fiche, la dernière d'abord, avec ce que chacune a changé.
    Barré : ce qui était écrit. Souligné : ce qui l'a remplacé.
    Cherchez la révision dont vous avez besoin, et notez son numéro.
help-page-awareness-text =
    Le texte d'un document que vous avez à lire.
    « Lu » vaut pour ce texte : un texte changé se lit de nouveau.
    Lisez jusqu'en bas, puis confirmez.
