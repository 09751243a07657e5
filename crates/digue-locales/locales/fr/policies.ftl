# Modèles de politiques. Une organisation les adapte avant de les approuver.

policy-topic-information-security = Politique de sécurité de l'information
policy-topic-acceptable-use = Charte d'usage des outils
policy-topic-access-control = Accès aux dossiers et aux outils
policy-topic-sign-in = Connexion et mots de passe
policy-topic-remote-work = Travail à distance et appareils mobiles
policy-topic-backups = Sauvegarde et reprise
policy-topic-incidents = Incidents de sécurité
policy-topic-suppliers = Fournisseurs et partenaires
policy-topic-personal-data = Données personnelles
policy-topic-encryption = Chiffrement
policy-topic-updates = Mises à jour et vulnérabilités

policy-text-information-security =
    1. Pourquoi
    { $organisation } tient des dossiers de personnes qui lui font confiance. La direction s'engage à protéger leur confidentialité, leur exactitude et leur disponibilité, à respecter la loi et les contrats, et à améliorer sans cesse cette protection.

    2. À quoi elle s'applique
    À toutes les personnes qui travaillent pour nous, salariées ou non, à tous les lieux et à tous les outils du périmètre du système de management de la sécurité de l'information (SMSI).

    3. Ce que nous faisons
    - Nous évaluons les risques au moins une fois par an et à chaque changement important. Chaque risque a un porteur, qui décide de son traitement et signe ce qui reste.
    - Nous fixons des objectifs chiffrés et nous les mesurons. La direction les revoit au moins une fois par an.
    - Chacun n'accède qu'à ce dont son travail a besoin. Les consultations de dossiers sont journalisées.
    - Nous préparons les incidents, nous les déclarons dans les délais de la loi, et nous en tirons des mesures.
    - Nous sauvegardons, et nous vérifions que les sauvegardes se restaurent.

    4. Qui fait quoi
    La direction approuve cette politique, donne les moyens et préside la revue. Le responsable de la sécurité (RSSI) anime le système et rend compte. Le délégué à la protection des données (DPO) conseille et contrôle. Chacun applique les règles et signale ce qui lui paraît anormal.

    5. Comment nous le vérifions
    Par des vérifications automatiques, des audits internes menés par des personnes qui n'auditent pas leur propre travail, et la revue de direction.

    Tout écart à cette politique est demandé par écrit, motivé, limité dans le temps et approuvé par la direction.

policy-text-acceptable-use =
    1. Pourquoi
    Les outils de { $organisation } donnent accès à des dossiers de personnes. Cette charte dit ce que chacun peut attendre et ce qui est attendu de chacun.

    2. Ce que vous faites
    - Vous utilisez votre propre compte, et vous ne le prêtez à personne, même pour rendre service.
    - Vous ouvrez un dossier seulement parce que votre travail le demande.
    - Vous verrouillez votre écran dès que vous vous éloignez.
    - Vous enregistrez les documents de travail dans les espaces prévus, et non sur une clé USB ou dans une messagerie personnelle.
    - Vous signalez tout de suite un message suspect, un appareil perdu ou une erreur. Personne n'est sanctionné pour avoir signalé sa propre erreur.

    3. Ce que vous ne faites pas
    - Vous ne communiquez jamais un mot de passe ni un code, ni par téléphone, ni par écrit. Aucun service informatique ne vous en demandera.
    - Vous n'installez pas de logiciel sans l'accord du service informatique.
    - Vous ne confiez pas de données de personnes à un service en ligne, y compris d'intelligence artificielle, qui n'a pas été autorisé.

    4. Ce que nous journalisons
    Les connexions et les consultations de dossiers sont journalisées pour protéger les personnes et pour vous protéger. Elles ne servent pas à mesurer votre activité. Vous pouvez consulter vos dernières connexions.

    5. Usage privé
    Un usage privé raisonnable est admis s'il ne gêne pas le service et ne met pas les données en danger.

policy-text-access-control =
    1. Pourquoi
    Un compte volé ne doit pas ouvrir plus de dossiers que son titulaire n'en suit.

    2. Les règles
    - Un accès se demande, une autre personne l'approuve, et les deux sont journalisés.
    - Chaque agent accède aux personnes qu'il accompagne. Un accès hors de ce périmètre est refusé, ou justifié sur le moment et relu après.
    - Le nombre de dossiers consultés par heure et par jour est limité. La limite correspond au travail réel.
    - Les comptes d'administration sont distincts des comptes de travail et servent à l'administration seulement.
    - Un départ ou un changement de poste ferme les accès le jour même.
    - Personne n'utilise un compte partagé.

    3. Les revues
    Les accès de chaque organisation sont relus au moins une fois par an, par une personne qui connaît le travail de chacun. Un compte qui n'a pas servi depuis 90 jours est fermé ou justifié.

    4. Les exceptions
    Un accès exceptionnel a un motif, une durée et une personne qui le relit. Il ne devient pas un droit permanent.

    5. Comment nous le vérifions
    Par les vérifications automatiques du SMSI : comptes inactifs, périmètres trop larges, revues en retard, demandes approuvées par leur auteur.

policy-text-sign-in =
    1. Pourquoi
    La plupart des vols de données commencent par un mot de passe volé ou donné.

    2. Les règles
    - La connexion se fait par clé d'accès (passkey) ou par une clé physique, partout où c'est possible. Toujours pour les comptes d'administration.
    - Là où un mot de passe reste nécessaire, il a au moins douze caractères, il ne sert qu'à un service, et un second facteur le complète. Un code reçu par courriel ou par SMS n'est pas un second facteur suffisant.
    - Après dix échecs au plus, la connexion est bloquée pour un temps qui augmente.
    - Une session se ferme après une durée sans activité et n'est pas utilisable depuis un autre réseau ou un autre appareil.

    3. La perte d'un accès
    - Une réinitialisation se demande par un canal déjà connu, et une seconde personne la confirme. L'appelant n'est jamais reconnu à ce qu'il dit savoir.
    - Une réinitialisation ferme toutes les sessions du compte, et l'activité récente du compte est relue.

    4. Ce que vous gardez pour vous
    Vos mots de passe, vos codes et votre appareil de connexion. Un coffre de mots de passe est fourni à qui en a besoin.

policy-text-remote-work =
    1. Pourquoi
    Hors de nos locaux, un appareil se perd, un écran se lit par-dessus l'épaule, et un réseau n'est pas le nôtre.

    2. Les appareils
    - Seuls les appareils fournis ou autorisés accèdent aux dossiers. Leur disque est chiffré, ils se verrouillent seuls, et ils sont tenus à jour.
    - Un appareil perdu ou volé est signalé tout de suite, y compris la nuit et le week-end. Ses accès sont fermés.
    - Un appareil rendu est effacé avant d'être confié à une autre personne.

    3. Le lieu
    - Vous choisissez un endroit où votre écran n'est pas lu et votre conversation n'est pas entendue.
    - Vous n'imprimez pas de dossier à domicile, sauf autorisation. Un papier se détruit au bureau.
    - Vous n'utilisez un réseau public qu'avec la protection fournie.

    4. Les autres personnes
    Votre appareil de travail ne sert pas à vos proches.

    5. Le retour
    À la fin de la mission, vous rendez l'appareil, les clés et les papiers.

policy-text-backups =
    1. Pourquoi
    Après un rançongiciel, un incendie ou une erreur, le service aux personnes doit reprendre.

    2. Les règles
    - Chaque activité dit combien de temps elle peut s'arrêter et combien de données elle peut perdre. Les sauvegardes en découlent.
    - Nous gardons au moins trois copies, sur deux supports, dont une hors de portée de qui détient tous nos accès : hors ligne, ou sur un serveur qui refuse l'effacement.
    - Les sauvegardes sont chiffrées. Les clés de secours sont imprimées, partagées entre plusieurs personnes et conservées ailleurs.
    - Supprimer des sauvegardes demande deux personnes et un délai.

    3. Les essais
    - Une restauration est essayée chaque mois de façon automatique, et chaque année en vrai, sur une machine vierge.
    - La durée mesurée est comparée à la durée admissible. Un essai qui n'a pas eu lieu compte comme un échec.

    4. La reprise
    L'ordre de redémarrage est écrit, à jour et disponible hors de l'informatique. Chacun sait qui appeler.

policy-text-incidents =
    1. Pourquoi
    La vitesse de réaction décide de l'ampleur d'un incident. La loi fixe des délais courts.

    2. Signaler
    Chacun signale ce qui lui paraît anormal, sans attendre d'être sûr, et sans crainte d'un reproche.

    3. Réagir
    - L'incident est consigné dès la première heure : ce qui est su, ce qui est supposé, qui décide.
    - Les sessions des comptes touchés sont coupées tout de suite. Un mot de passe changé ne suffit pas.
    - Les journaux sont conservés. Les preuves ne sont pas modifiées.
    - La liste des personnes concernées est établie à partir du journal, et non estimée.

    4. Déclarer et informer
    - L'autorité de protection des données est prévenue dans les 72 heures après la prise de connaissance d'une violation de données personnelles, même si tout n'est pas encore su.
    - Les personnes sont informées quand le risque est élevé : ce qui s'est passé, leurs données, les risques, ce qu'elles peuvent faire, qui contacter.
    - Une plainte est déposée dans le délai que prévoit notre assurance.

    5. Apprendre
    Chaque incident donne lieu à un retour d'expérience daté, avec des mesures, des responsables et des échéances. Un exercice a lieu au moins une fois par an.

policy-text-suppliers =
    1. Pourquoi
    Nos partenaires et nos fournisseurs accèdent à des dossiers ou font tourner nos outils. Leur faiblesse est la nôtre.

    2. Avant
    - Nous vérifions leur sécurité avant de leur ouvrir un accès, selon l'importance de ce qui leur est confié.
    - Le contrat dit les données, les finalités, les lieux, les mesures de sécurité, les sous-traitants, le délai de signalement d'un incident, le droit d'audit et la fin.

    3. Pendant
    - Chaque fournisseur a un responsable chez nous et un contact de sécurité chez lui.
    - Un questionnaire est rempli chaque année. Ses réponses sont comparées à ce qui est mesuré.
    - Un accès de partenaire est nominatif, limité à ses dossiers, et relu.

    4. Après
    À la fin, les accès sont fermés, les données sont rendues ou détruites, et la preuve en est conservée.

    5. En cas d'incident chez eux
    Ils nous préviennent sans attendre. Nous pouvons couper leurs accès tout de suite.

policy-text-personal-data =
    1. Pourquoi
    Les personnes dont nous tenons les dossiers ont des droits. La sécurité en fait partie.

    2. Les règles
    - Nous tenons à jour un registre des traitements. Chaque traitement a une finalité, une base légale, une durée et un responsable.
    - Nous ne collectons que ce qui est nécessaire, et nous effaçons à l'échéance.
    - Une analyse d'impact est faite avant un traitement à risque élevé. Une mesure qu'elle prévoit est mise en place avant l'ouverture, ou la direction accepte le risque par écrit.
    - Le DPO est consulté dès le début d'un projet.

    3. Les droits des personnes
    Toute demande d'accès, de rectification ou d'effacement est enregistrée le jour même, quel que soit le canal. Une réponse est donnée dans le mois. Un refus est motivé et dit les recours.

    4. Les consultations
    Une personne peut savoir qui a consulté son dossier et le contester.

    5. Les transferts
    Aucune donnée ne quitte l'Union européenne sans que le DPO ait vérifié les garanties.

policy-text-encryption =
    1. Pourquoi
    Une copie volée ne doit rien apprendre à qui la détient.

    2. Les règles
    - Les échanges sont chiffrés, en interne comme vers l'extérieur, avec des versions à jour des protocoles.
    - Les disques des postes, des serveurs et des supports amovibles sont chiffrés.
    - Les sauvegardes sont chiffrées avec une clé qui n'est pas conservée à côté d'elles.
    - Seuls des algorithmes recommandés par l'ANSSI sont utilisés. Aucun n'est inventé ici.

    3. Les clés
    - Chaque clé a un responsable, une date de renouvellement et un lieu de conservation.
    - Les clés de secours sont partagées entre plusieurs personnes. Aucune ne suffit seule.
    - Une clé dont on soupçonne la fuite est remplacée tout de suite, et ce qu'elle protégeait est considéré comme lu.

    4. Ce qui n'est pas chiffré
    Toute exception est listée, motivée et limitée dans le temps.

policy-text-updates =
    1. Pourquoi
    La plupart des failles exploitées ont un correctif depuis des mois.

    2. Les règles
    - Nous tenons l'inventaire des matériels, des logiciels et de leurs versions.
    - Une faille exploitée, ou critique et exposée à Internet, est corrigée en 48 heures. Une faille grave en quinze jours. Les autres dans le trimestre.
    - Ce qui ne peut pas être corrigé est isolé ou arrêté. Un produit sans mises à jour a une date de sortie.
    - Un changement est essayé avant d'être mis en service, et peut être annulé.

    3. S'informer
    Les avis du CERT-FR et des éditeurs sont lus chaque jour ouvré par une personne désignée, qui a un suppléant.

    4. Vérifier
    Un contrôle des versions a lieu au moins une fois par mois. Les résultats sont gardés comme preuve. Un test d'intrusion a lieu au moins tous les deux ans sur ce qui est exposé.
