# The guided line of an incident: its steps, what is missing, what was saved.

incident-steps = Les étapes de l'incident
incident-step-qualify = Qualifier
incident-step-persons = Personnes
incident-step-decide = Décider
incident-step-authority = CNIL
incident-step-notices = Avis
incident-step-close = Clore
step-done = fait
step-waits = plus tard
step-ready = à faire
step-not-needed = sans objet
step-open = { $count ->
    [one] un point à traiter
   *[other] { $shown } points à traiter
}
step-unsure = { $count ->
    [one] un point pas encore connu
   *[other] { $shown } points pas encore connus
}
line-title = Où en est l'incident
line-next = À faire maintenant – { $step } : { $what }
line-next-close = À faire maintenant – tout est décidé et fait : clore l'incident
line-over = Il ne reste rien à faire : l'incident est terminé.
line-over-dismissed = L'incident est classé sans suite.
line-over-open = { $count ->
    [one] L'incident est clos, et un point reste à faire : ouvrez la liste ci-dessous.
   *[other] L'incident est clos, et { $shown } points restent à faire : ouvrez la liste ci-dessous.
}
line-over-left = Laissé ouvert à la clôture, avec un motif : { $duties }.
line-over-unsure = { $count ->
    [one] Un point n'a jamais été connu ; le dossier le dit.
   *[other] { $shown } points n'ont jamais été connus ; le dossier le dit.
}
line-clocks = { $count ->
    [one] Une autre échéance court
   *[other] { $shown } autres échéances courent
}
line-missing = { $count ->
    [one] Il reste un point
   *[other] Il reste { $shown } points
}
line-who = { $who } ({ $accounts })
line-waits = { $count ->
    [one] On attend { $who } : un point.
   *[other] On attend { $who } : { $shown } points.
}
gap-verdict = { $count ->
    [one] Dire si un signalement est un vol ou du travail
   *[other] Dire si { $shown } signalements sont un vol ou du travail
}
gap-awareness = Dire quand l'organisme a su que des données étaient touchées
gap-unsure = Pas encore connu : { $question }
gap-confirmation = Dire si l'incident est établi
gap-containment = Dire que l'incident est contenu
gap-affected-set = Calculer la liste des personnes touchées
gap-nobody-affected = La liste des personnes à informer est vide : calculez-la ou déclarez d'autres personnes
gap-authority-decision = Décider de notifier ou non la CNIL
gap-persons-decision = Décider d'informer ou non les personnes
gap-delay-reasons = Écrire les motifs du retard : { $duty }
gap-submission = Envoyer la notification à la CNIL et inscrire l'envoi
gap-complement = Envoyer le complément à la CNIL et inscrire l'envoi
gap-difference = Corriger ou expliquer ce qui est déclaré en dessous de ce qui est mesuré : { $figure }
gap-notices = Préparer les avis aux personnes
gap-campaign = Mener la campagne d'avis à sa fin ({ $state })
gap-others-uninformed = Inscrire comment les personnes qui n'ont pas reçu de courriel ont été informées
gap-public-notice = Faire la communication publique et l'inscrire
saved-theft = Vol confirmé. L'incident est ouvert, et la liste des personnes vues est calculée quand elle a pu l'être.
saved-also = { $count ->
    [one] Un autre signalement du même compte est décidé avec lui.
   *[other] { $shown } autres signalements du même compte sont décidés avec lui.
}
saved-qualify = Qualification enregistrée.
saved-persons = Réponses sur les personnes enregistrées.
saved-decide = Décisions enregistrées.
saved-authority = Réponses pour la CNIL enregistrées.
saved-notices = Avis enregistrés.
saved-close = État de l'incident enregistré.
saved-unchanged = Aucune réponse n'a changé : rien n'a été enregistré.
saved-entry = Inscrit.
saved-list = Liste calculée.
saved-work = Décidé : c'était du travail normal.
sheet-times = Quand
sheet-state = Ce que c'est
sheet-reopening = Rouvrir l'incident
sheet-closing = Clore
closing-held-up = Pas encore possible : voyez ce qui reste ouvert.
closing-open = Ce qui reste ouvert
closing-nothing-open = Rien.
closing-first = À faire avant de clore :
closing-unsure = Personne ne le sait ; cela restera inconnu :
closing-complement = Complément à envoyer à la CNIL
left-open = Motif, si vous ne le faites pas : { $duty }
state-again-contained = il faut y revenir : rouvrir l'incident
state-again-suspected = le soupçon reprend : rouvrir l'incident
affected-closed = L'incident est clos : sa liste ne change plus. Pour calculer une nouvelle version, rouvrez l'incident à l'étape
sheet-save = Enregistrer et continuer
sheet-missing = à remplir
sheet-proposed = proposé
sheet-confirm-facts = J'ai lu ces propositions, je les confirme.
sheet-confirm-aware = L'organisme a eu connaissance de la violation à cette heure ; je confirme la période.
sheet-confirm-period = Je confirme cette période.
sheet-confirm-first = Rien n'a été enregistré : ce qui est proposé par Digue n'est une réponse que si vous le confirmez. Cochez la case sous cette partie.
sheet-state-first = Rien n'a été enregistré : dites d'abord ce que l'incident est devenu.
sheet-filled = { $count ->
    [one] (un champ rempli)
   *[other] ({ $shown } champs remplis)
}
sheet-optional = { $count ->
    [one] (un point facultatif)
   *[other] ({ $shown } points facultatifs)
}
sheet-faults = { $count ->
    [one] Rien n'est enregistré : un point est à corriger
   *[other] Rien n'est enregistré : { $shown } points sont à corriger
}
error-prefix = Erreur :
sheets-answered = Répondu par { $by }, le { $at }.
sheets-answer-missing = Choisissez aussi une réponse.
aware-reason-theft = Le vol du compte a été confirmé à cette heure.
moment-theft = vol confirmé
occurred-from-list = Proposé d'après la liste signée : la première et la dernière consultation.
state-what = Que constatez-vous ?
reason-ten = Motif (dix caractères au moins)
state-is-confirmed = l'incident est établi, et il dure encore
state-is-contained = l'incident est établi et contenu : l'accès est fermé
state-is-dismissed = c'est une fausse alerte
state-is-resolved = tout est fait : clore l'incident
state-is-suspected = c'est un soupçon, à vérifier
state-access-shut = L'accès en cause est fermé.
state-access-open = L'accès en cause n'est pas fermé : seul le RSSI peut le fermer.
decided-by = Décidé par { $by }, le { $at }.
decide-authority-law = RGPD, art. 33 : la CNIL est notifiée sous 72 heures, sauf si la violation n'est pas susceptible d'engendrer un risque pour les personnes.
decide-persons-law = RGPD, art. 34 : les personnes sont informées si le risque pour elles est élevé.
decide-more = Changer une heure ou notre rôle
affected-compute-explain = La question est remplie d'après l'incident. Une nouvelle version ne remplace pas l'ancienne.
affected-session = Seulement la session dans laquelle le compte a été signalé
notification-to-answer = À répondre
notification-since-sent = Depuis l'envoi
notification-whole = La notification envoyée à la CNIL est complète.
notification-complement = Depuis, ceci a changé ou s'est ajouté : envoyez-le en complément (RGPD, art. 33, paragraphe 4), puis inscrivez l'envoi plus bas.
notification-left = { $count ->
    [0] Tous les champs sont remplis.
    [one] Il reste un champ sans réponse.
   *[other] Il reste { $shown } champs sans réponse.
}
notices-proof = Les avis contiennent des données personnelles et un fichier. Confirmez d'abord votre identité : rien de ce que vous écrirez ensuite ne sera perdu.
notices-proof-go = Confirmer mon identité
notices-otherwise = Informées autrement
notices-otherwise-explain = Lettres postées, appels, communication publique : inscrivez ce qui a été fait hors de Digue.
closing-papers = Les papiers
closing-register = La ligne du registre des violations
closing-register-row = Lire la ligne, remplie par les faits du dossier
breach-what = { $happened } Personnes touchées : { $persons }. Données : { $kinds }.
log-occurred-since = La violation dure depuis le { $from }.
verdict-who = Le RSSI ({ $cisos }) confirme le vol ; le DPO ({ $dpos }) le supplée. Seul le RSSI peut dire que c'était du travail.
verdict-nobody = aucun compte actif
verdict-sisters = { $count ->
    [one] Un autre signalement du même compte, le même jour, sera décidé avec celui-ci si vous confirmez le vol :
   *[other] { $shown } autres signalements du même compte, le même jour, seront décidés avec celui-ci si vous confirmez le vol :
}
finding-incident = Aller à l'incident
entry-refused = Ce n'est pas inscrit
entry-refused-explain = Ce que vous avez écrit est ci-dessous : corrigez-le et envoyez-le de nouveau.
entry-refused-again = Envoyer de nouveau
entry-refused-back = Revenir sans inscrire
entry-field-text = Texte
entry-field-reason = Motif
entry-field-at = Quand
entry-field-from = Début
entry-field-to = Fin, ou à qui
entry-field-receipt = Récépissé
entry-field-title = Titre
entry-field-owner = Responsable
entry-field-due = Échéance
entry-field-persons = Nombre de personnes
entry-field-basis = D'où vient ce nombre
entry-field-measure = Mesure
verdict-consequences = Ce que change chaque décision
affected-again = Calculer une nouvelle version
notification-other-duties = Autres obligations et retards
