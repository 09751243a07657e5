# La démonstration : sa première page, ses rôles, sa boîte aux lettres.
tour-language = Français
tour-name = Digue, démonstration
tour-title = La démonstration de Digue
tour-explain = France Formation est un opérateur fictif : un an de registres, d'audits et d'incidents, 400 organismes partenaires et 20 000 personnes inventées. Choisissez un rôle.
tour-back = Tous les rôles
tour-enter = Entrer
tour-one-role = Un navigateur tient un rôle à la fois : pour en tenir deux, ouvrez une fenêtre privée.
tour-things = Cinq choses à essayer
tour-mail = Courriels envoyés
tour-portal = Portail d'exemple
tour-console = Console
tour-mail-explain = La démonstration n'envoie rien dehors : ce que Digue envoie est retenu ici.
tour-mail-none = Aucun courriel pour l'instant.
tour-mail-to = À
tour-mail-subject = Objet

tour-rssi = RSSI
tour-rssi-who = Nora Belmont répond de la sécurité du portail et du système de management.
tour-rssi-1 = Lisez l'accueil : ce qui vous attend, le plus urgent en haut.
tour-rssi-2 = Trouvez la promesse de l'analyse d'impact qui n'a pas été tenue.
tour-rssi-3 = Continuez la revue annuelle de tous les accès.
tour-rssi-4 = Voyez quel partenaire répond autrement que ce que la passerelle mesure.
tour-rssi-5 = Lancez l'attaque « kairos » et regardez le nombre de personnes consultées s'arrêter.

tour-dpo = DPO
tour-dpo-who = Camille Martin répond des données personnelles, et mène les incidents.
tour-dpo-1 = Lisez l'accueil : une échéance légale court.
tour-dpo-2 = Reprenez l'incident ouvert là où il s'est arrêté hier.
tour-dpo-3 = Répondez à la personne qui ne reconnaît pas une consultation.
tour-dpo-4 = Complétez le registre des traitements : une fiche attend sa revue.
tour-dpo-5 = Parcourez le registre des violations et imprimez-le.

tour-delegate = Délégué d'un partenaire
tour-delegate-who = Répond des accès de son organisme, et de lui seul.
tour-delegate-1 = Lisez l'accueil : ce que l'opérateur attend de vous.
tour-delegate-2 = Relisez votre auto-évaluation : le portail contredit plusieurs réponses.
tour-delegate-3 = Décidez des accès de vos collègues dans la revue annuelle.
tour-delegate-4 = Suivez un module de sensibilisation, cinq minutes.
tour-delegate-5 = Voyez comment signaler un incident à l'opérateur.

tour-agent = Agent
tour-agent-who = Forme des stagiaires, et ne voit que les siens.
tour-agent-1 = Ouvrez le portail : vos stagiaires, et eux seuls.
tour-agent-2 = Cherchez la personne numéro { $stranger }, qui n'est pas dans votre portefeuille, puis ouvrez sa fiche.
tour-agent-3 = Demandez un accès exceptionnel à une personne, le bris de glace.
tour-agent-4 = Suivez un module de sensibilisation.
tour-agent-5 = Vérifiez qu'un message vient bien de l'opérateur.

tour-person = Personne
tour-person-who = Suit une formation. Elle a reçu une lettre avec un code.
tour-person-1 = Entrez avec le code de la lettre : qui a consulté votre fiche ?
tour-person-2 = Lisez ce que la loi vous doit sur ce traitement.
tour-person-3 = Vérifiez qu'un avis reçu est authentique.
tour-person-4 = Faites examiner un message douteux.
tour-person-5 = Lisez la déclaration d'accessibilité.
tour-letter = Madame, Monsieur, voici votre code. Il ouvre une seule fois la liste de ceux qui ont consulté votre fiche.
tour-letter-use = Saisissez-le à l'adresse de la première ligne ci-dessous.
tour-letter-new = Une autre lettre, si ce code a déjà servi

tour-auditor = Auditeur
tour-auditor-who = Ariane Sauvet vérifie, et ne change rien.
tour-auditor-1 = Lisez la déclaration d'applicabilité et ses versions signées.
tour-auditor-2 = Comparez ce qui est déclaré à ce qui est mesuré.
tour-auditor-3 = Tirez un échantillon que chacun peut tirer à nouveau.
tour-auditor-4 = Ouvrez l'audit de l'été : une non-conformité est restée ouverte.
tour-auditor-5 = Vérifiez une entrée du journal avec son reçu.
tour-direction = Direction
tour-direction-who = Philippe Rouvray décide, approuve et signe.
tour-direction-1 = Lisez ce qui attend la direction, et ce qui est en retard.
tour-direction-2 = Voyez, exigence par exigence, ce qui est là et ce qui manque.
tour-direction-3 = Ouvrez la revue de direction : ses données d'entrée viennent des faits.
tour-direction-4 = Comparez chaque objectif à ce qui est mesuré.
tour-direction-5 = Regardez les risques avant et après leurs mesures.
