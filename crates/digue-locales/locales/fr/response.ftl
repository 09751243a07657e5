# From containment to the last person told.

## What incidents are

incident-state-suspected = suspecté
incident-state-theft = vol confirmé
incident-state-confirmed = confirmé
incident-state-contained = contenu
incident-state-resolved = résolu
incident-state-dismissed = écarté
incident-source-containment = Digue, par un confinement
incident-source-person = une personne de l'organisme
incident-source-partner = une organisation partenaire
incident-source-imported = un registre antérieur
incident-source-backup = Digue, par les signes de chiffrement d'une sauvegarde
incident-role-controller = responsable de traitement
incident-role-processor = sous-traitant
incident-role-joint = responsable conjoint
entry-kind-fact = fait
entry-kind-interpretation = interprétation
entry-kind-decision = décision
entry-kind-action = action
entry-kind-contact = contact
entry-kind-message = message
clock-authority = Notifier la CNIL
clock-complement = Compléter la notification à la CNIL
clock-public = Communication publique
clock-processor = Avertir le responsable de traitement
clock-persons = Informer les personnes
clock-complaint = Déposer plainte (assurance)
clock-early-warning = Alerte précoce à l'ANSSI (NIS 2)
clock-nis2 = Notification à l'ANSSI (NIS 2)
clock-final-report = Rapport final à l'ANSSI (NIS 2)

## The CNIL's vocabulary

nature-confidentiality = perte de confidentialité
nature-integrity = perte d'intégrité
nature-availability = perte de disponibilité
origin-equipment-lost = équipement perdu ou volé
origin-paper-lost = papier perdu, volé ou laissé accessible
origin-mail-lost = courrier perdu ou ouvert
origin-hacking = piratage, logiciel malveillant, hameçonnage
origin-paper-thrown-away = papier jeté sans être détruit
origin-device-thrown-away = appareil jeté sans être effacé
origin-published = publication involontaire
origin-wrong-person-shown = données d'une autre personne affichées sur le portail
origin-wrong-recipient = données envoyées au mauvais destinataire
origin-spoken = divulgation verbale
origin-other = autre origine
cause-internal-malicious = acte interne malveillant
cause-internal-accidental = acte interne accidentel
cause-external-malicious = acte externe malveillant
cause-external-accidental = acte externe accidentel
cause-unknown = cause inconnue
person-employees = salariés
person-users = usagers
person-members = adhérents
person-students = étudiants ou élèves
person-military = militaires
person-customers = clients
person-patients = patients
person-minors = mineurs
person-vulnerable = personnes vulnérables
person-relatives = proches et tiers de confiance
person-undetermined = pas encore déterminées
person-other = autres personnes
data-civil-status = état civil
data-nir = numéro de sécurité sociale (NIR)
data-contact = coordonnées
data-access = données d'identification ou d'accès
data-financial = informations financières
data-documents = documents officiels
data-location = données de localisation
data-offences = infractions et condamnations
data-ethnic-origin = origine raciale ou ethnique
data-political = opinions politiques
data-beliefs = convictions philosophiques ou religieuses
data-union = appartenance syndicale
data-sexual-orientation = orientation sexuelle
data-health = données de santé
data-biometric = données biométriques
data-genetic = données génétiques
data-unknown = données pas encore connues
data-other = autres données
consequence-wider-spread = données diffusées plus que nécessaire
consequence-linked = données pouvant être croisées avec d'autres
consequence-misused = données pouvant servir à d'autres fins, ou à des fins malveillantes
consequence-falsified = données faussées
consequence-used-wrongly = données fausses utilisées
consequence-unavailable = données indisponibles
consequence-service-stopped = service interrompu
harm-loss-of-control = perte de contrôle sur ses données
harm-rights-limited = limitation de ses droits
harm-discrimination = discrimination
harm-identity-theft = vol d'identité
harm-fraud = fraude
harm-reidentified = levée non autorisée de la pseudonymisation
harm-financial-loss = pertes financières
harm-reputation = atteinte à la réputation
harm-professional-secrecy = perte du secret professionnel
harm-other = autre dommage
gravity-negligible = négligeable
gravity-limited = limitée
gravity-significant = importante
gravity-maximal = maximale
exemption-risk-not-high = le risque n'est pas élevé (art. 34, 1)
exemption-protected = données incompréhensibles pour qui les a (art. 34, 3, a)
exemption-mitigated = mesures prises depuis (art. 34, 3, b)
exemption-disproportionate = effort disproportionné : communication publique (art. 34, 3, c)
quality-exact = exact
quality-lower-bound = au moins
quality-upper-bound = au plus
quality-estimate = estimation
known-yes = oui
known-no = non
known-unknown = pas encore connu
informed-yes = oui, elles sont informées
informed-later = pas encore, elles le seront
informed-no = non
stage-initial = initiale
stage-complementary = complémentaire
stage-complete = complète
who-dpo = le DPO
who-ciso = le RSSI
who-portal-team = l'équipe du portail
who-management = la direction
who-partner = l'organisation partenaire
block-controller = L'organisme
block-dates = Les dates
block-breach = La violation
block-persons = Les personnes
block-data = Les données
block-consequences = Les conséquences
block-measures = Les mesures
block-informing = L'information des personnes
block-others = Autres démarches
field-controller-name = Nom de l'organisme
field-controller-number = SIREN ou SIRET
field-controller-address = Adresse
field-controller-sector = Secteur d'activité
field-controller-size = Effectif
field-notified-by = Personne qui notifie
field-contact-name = DPO ou point de contact
field-contact-mail = Courriel du contact
field-contact-phone = Téléphone du contact
field-processors = Sous-traitants concernés
field-joint-controllers = Responsables conjoints
field-established = Violation avérée
field-discovered-at = Date et heure de la découverte
field-aware-at = Date et heure de la prise de connaissance
field-started-at = Début de la violation
field-ended-at = Fin de la violation
field-still-going-on = La violation dure encore
field-processor-told-at = Date et heure de l'avertissement par le sous-traitant
field-circumstances = Circonstances de la découverte
field-delay-reasons = Motifs du retard
field-natures = Nature de la violation
field-origins = Origine
field-cause = Cause
field-what = Ce qui s'est passé
field-person-kinds = Catégories de personnes
field-person-count = Nombre de personnes
field-person-count-quality = Sûreté de ce nombre
field-identifiable = Personnes directement identifiables
field-data-kinds = Catégories de données
field-data-other = Autres données, en clair
field-record-count = Nombre d'enregistrements
field-support = Support des données
field-measures-before = Mesures en place avant
field-consequences = Conséquences probables
field-harms = Dommages possibles pour les personnes
field-gravity = Gravité
field-measures-taken = Mesures prises
field-measures-planned = Mesures prévues
field-informed = Les personnes sont-elles informées
field-informed-at = Date de l'information
field-informed-by = Moyen de l'information
field-informed-count = Nombre de personnes informées
field-informed-text = Texte de l'information
field-not-informed-why = Pourquoi elles ne le sont pas
field-cross-border = Personnes d'autres États membres
field-other-authorities = Autres autorités prévenues
field-complaint-filed = Une plainte est-elle déposée ?

## ENISA's method

context-simple = simples (identité, contact, études, travail)
context-behavioural = de comportement (lieux, trafic, habitudes)
context-financial = financières (revenus, comptes, prestations)
context-sensitive = sensibles (santé, opinions, vie sexuelle)
ease-negligible = négligeable
ease-limited = limitée
ease-significant = importante
ease-maximum = maximale
confidentiality-loss-none = aucun signe de lecture
confidentiality-loss-known-recipients = destinataires connus
confidentiality-loss-unknown-recipients = destinataires inconnus
integrity-loss-none = aucune altération
integrity-loss-recoverable = altérées, récupérables
integrity-loss-lost = altérées, perdues
availability-loss-none = aucune perte
availability-loss-temporary = perte passagère
availability-loss-lost = perte définitive
level-low = faible
level-medium = moyenne
level-high = élevée
level-very-high = très élevée

## Reflex sheets

sheet-qualification = Qualifier
sheet-containment = Contenir
sheet-data-leak = Fuite de données
sheet-stolen-account = Compte volé
sheet-ransomware = Rançongiciel
sheet-restart = Rouvrir
log-answer-done = C'est fait.
log-answer-yes = Oui.
log-answer-no = Non.
log-answer-unknown = On ne le sait pas encore.
log-answer-not-applicable = Sans objet.
answer-done = fait
answer-yes = oui
answer-no = non
answer-unknown = je ne sais pas
answer-not-applicable = sans objet
sheet-qualification-log = La main courante est ouverte ; tout ce qui est su y est écrit, avec l'heure.
sheet-qualification-what = Que s'est-il passé, en une phrase ?
sheet-qualification-who-is-concerned = Quels comptes et quelles sessions sont concernés ?
sheet-qualification-signals = Quels signaux la surveillance a-t-elle relevés ?
sheet-qualification-personal-data = Des données personnelles ont-elles été montrées, et lesquelles ?
sheet-qualification-still-going-on = Cela dure-t-il encore ?
sheet-qualification-other-portals = D'autres portails sont-ils touchés ?
sheet-qualification-false-alarm = Est-ce peut-être une fausse alerte ? Sur quels faits ?
sheet-containment-close-account = Fermer le compte et couper ses sessions.
sheet-containment-sessions-cut = Aucune session du compte n'est plus ouverte.
sheet-containment-close-organisation = Fermer l'organisation si plusieurs de ses comptes sont touchés.
sheet-containment-evidence-kept = Garder les preuves : liste signée, reçus, journal.
sheet-containment-journal-verified = Le journal est vérifié et contresigné par les témoins.
sheet-containment-partner-called = L'organisation partenaire est prévenue par un autre canal que le courriel.
sheet-data-leak-affected = Calculer la liste exacte des personnes touchées.
sheet-data-leak-categories = Quelles catégories de données ont été montrées ?
sheet-data-leak-uninspected = Des réponses sont-elles parties sans avoir pu être inspectées ?
sheet-data-leak-relatives = Des proches ou des tiers de confiance figurent-ils dans ces données ?
sheet-data-leak-published = Les données ont-elles été publiées ?
sheet-data-leak-sold = Les données sont-elles proposées à la vente ?
sheet-data-leak-withdrawn = Leur retrait a-t-il été demandé à l'hébergeur et aux moteurs de recherche ?
sheet-stolen-account-holder-called = Le titulaire du compte a été appelé au numéro connu, pas à celui d'un message reçu.
sheet-stolen-account-workstation = Son poste est-il infecté (voleur de mots de passe) ?
sheet-stolen-account-second-factor = Le titulaire a-t-il encore son second facteur ?
sheet-stolen-account-colleagues = Les autres comptes de l'organisation sont-ils sains ?
sheet-stolen-account-other-passwords = Les autres mots de passe saisis sur ce poste ont-ils été changés ?
sheet-stolen-account-created-accounts = Des comptes ont-ils été créés depuis ce compte ?
sheet-ransomware-isolated = Les machines touchées sont isolées du réseau, sans être éteintes.
sheet-ransomware-backups = Les sauvegardes hors ligne sont-elles intactes ?
sheet-ransomware-exfiltration = Des données ont-elles été copiées avant le chiffrement ?
sheet-ransomware-services-stopped = Quels services sont arrêtés, et pour qui ?
sheet-ransomware-journal-elsewhere = Le journal et ses témoins sont hors d'atteinte.
sheet-ransomware-ransom-note = La demande de rançon est conservée, et personne n'y a répondu.
sheet-ransomware-helped = Un prestataire ou 17Cyber a-t-il été appelé ?
sheet-restart-cause-known = La cause est connue et a disparu.
sheet-restart-accounts-sound = Les comptes qui rouvrent sont sains : nouvelle clé, sessions neuves.
sheet-restart-passkeys = Chaque compte rouvert a une clé d'accès.
sheet-restart-order = L'ordre de réouverture est écrit : qui, quoi, avec quelles limites.
sheet-restart-watched = La surveillance fonctionne, et aucun signal n'est en attente.
sheet-restart-partners-told = Les organisations partenaires savent ce qui change.
sheet-restart-lessons = Les leçons sont écrites et chacune a sa mesure.

## What cannot be done

invalid-campaign-version = Le numéro d’une version de la liste est un nombre entier.
invalid-incident-title = Il faut un titre, de 200 caractères au plus.
incident-refused-no-reason = Il faut un motif d'au moins dix caractères.
incident-refused-no-text = Il faut un texte.
incident-refused-no-such-entry = Cette inscription n'existe pas, ou elle est déjà close.
incident-refused-no-such-step = L'incident ne peut pas passer à cet état depuis son état actuel.
incident-refused-theft-stands = Le vol a été confirmé : seul le RSSI peut écarter cet incident.
incident-refused-undecided = Il faut d'abord les deux décisions : notifier ou non la CNIL, informer ou non les personnes.
incident-refused-not-notified = La CNIL doit être notifiée avant la clôture : inscrivez l'envoi à l'étape « CNIL ».
incident-refused-notification-open = La dernière notification a des champs inconnus : complétez-les et envoyez le complément.
incident-refused-persons-not-told = Les personnes doivent être informées avant la clôture : envoyez les avis, ou inscrivez à l'étape « Avis » ce qui a été fait autrement.
incident-refused-notices-unsent = Des avis ne sont pas partis. Terminez les campagnes, puis inscrivez à l'étape « Avis » comment les autres personnes ont été informées.
incident-refused-public-not-told = La communication publique choisie (art. 34, 3, c) doit être faite et inscrite avant la clôture.
incident-refused-controller-not-told = Le responsable de traitement doit être averti avant la clôture.
incident-refused-before-awareness = Cette heure est incohérente avec celle de la prise de connaissance : fixez d'abord celle-ci ; rien ne peut la précéder.
incident-refused-steps-open = Des étapes obligatoires des fiches réflexes sont sans réponse.
incident-refused-duty-open = Une échéance court encore. Inscrivez que c'est fait à l'étape CNIL ; une plainte que vous ne déposez pas demande un motif écrit, à l'étape Clore ; NIS 2 n'a pas d'exception.
incident-refused-future = Cette heure est dans le futur.
incident-refused-backwards = La fin est avant le début.
incident-refused-delay-unexplained = Le délai est passé : inscrivez d'abord les motifs du retard (art. 33, 1).
incident-refused-exemption-needed = Ne pas informer les personnes exige une exception ; les informer n'en admet pas.
incident-refused-nobody-affected = La liste des personnes touchées est vide ou n'a pas été calculée.
incident-refused-value = Cette valeur n'est pas valide pour ce champ.
incident-refused-opened-twice = Cet incident est déjà ouvert.
incident-refused-closed = Cet incident est clos : rouvrez-le, ou écrivez une correction.

## Sentences of the draft

breach-support-portal = portail, sur serveur
breach-circumstances = L'incident a été enregistré le { $at }. Il a été signalé par : { $source }.
breach-discovered = La violation a été découverte le { $discovered }. L'incident a été enregistré le { $at }. Il a été signalé par : { $source }.
breach-measures-before = Portail derrière un contrôle de chaque réponse ; au jour de ce document : { $accounts } { PLURAL($accounts, one: "compte", other: "comptes") }, { $portals } { PLURAL($portals, one: "portail", other: "portails") }, { $relations } { PLURAL($relations, one: "rattachement", other: "rattachements") } de personnes à un portefeuille ; limites de personnes par compte ; journal dont toute modification se voit ; { $passwords ->
    [0] aucune connexion par mot de passe
   *[other] mot de passe avec code permis aux agents
}.
menu-incidents = Incidents

## Pages of incidents

incidents-title = Incidents
incidents-open = { PLURAL($count, one: "ouvert", other: "ouverts") }
incidents-late = avec une échéance dépassée
incidents-none = Aucun incident. Quand un vol est confirmé dans la surveillance, son incident s'ouvre ici.
incidents-open-one = Ouvrir un incident
incidents-open-go = Ouvrir
incidents-source = Signalé par
incidents-account = Compte concerné (facultatif)
incidents-organisation = Organisation concernée (facultatif)
incident-of-theft = Vol confirmé du compte { $whom }
incident-of-encryption = { $source } : signes de chiffrement dans la sauvegarde vers { $repository }
incident-log = Main courante
incident-notification = Notification à la CNIL
incident-persons = personnes touchées
count-incident-persons = { PLURAL($count, one: "personne touchée", other: "personnes touchées") }
incident-persons-unknown = personnes touchées : pas encore calculées
incident-no-awareness = Personne n'a encore dit quand l'organisme a pris connaissance de la violation. Le délai de 72 heures court dès cette connaissance : indiquez-en l'heure.
incident-awareness-presumed = Heure de prise de connaissance présumée : indiquez-la. Premier délai au plus tard le { $due }.
incident-state-title = État
incident-state-next = Passer à
incident-state-set = Changer l'état
column-reference = Référence
column-title = Titre
column-next = Prochaine échéance
column-due = Échéance
column-number = N°
column-happened = Survenu
column-aware = Prise de connaissance
column-authority = CNIL
column-notified = Notifiée
column-delay = Motifs du retard
column-persons-decision = Information des personnes
column-told = Informées
clock-left = il reste { $time }
clock-late = { $time } de retard
clock-left-at-most = il reste au plus { $time }
clock-late-at-least = au moins { $time } de retard
clocks-due-latest = au plus tard le { $at }
clock-left-open = laissé ouvert, avec un motif écrit
clock-elapsed = à faire sans attendre, dû depuis { $time }
duration-minutes = { $first } min
duration-hours = { $first } h { $second } min
duration-days =
    { $second ->
        [0] { $first } j
       *[other] { $first } j { $second } h
    }
log-kind = Type
log-at = Quand (maintenant si vide)
log-text = Texte
log-write = Inscrire
log-recorded = inscrit le { $at }
log-journal = (journal, entrée { $entry })
log-correct = Corriger
log-corrects = correction de { $entry }
log-withdraws = retrait de { $entry }
log-withdrawn-by = acte retiré par { $entry }
log-withdraw = Retirer cet acte
log-withdraw-explain = Pour un acte inscrit par erreur, qui n'a pas eu lieu. Les documents n'en feront plus état et le délai court de nouveau ; les deux lignes restent dans la main courante.
log-corrected-by = corrigé par { $entry }
log-pair = { $what } : { $text }
log-opened = Incident ouvert par { $source }.
log-aware = Prise de connaissance { $of } le { $at }
log-occurred = La violation va du { $from } au { $to }.
log-sheet = Fiche réflexe ajoutée : { $sheet }
log-task = Tâche
log-task-done = Tâche { $task } faite
log-affected = Personnes touchées, version { $version } : { $persons }
log-severity = Gravité { $level } (ENISA)
log-gravity = Gravité { $gravity } (CNIL)
log-delay = Motifs du retard inscrits ({ $clock })
log-left-open = Laissé ouvert à la clôture ({ $clock })
log-notices-ended = Avis : { $sent } { PLURAL($sent, one: "envoyé", other: "envoyés") } par courriel, { $listed } par un autre moyen à inscrire, { $unsent } { PLURAL($unsent, one: "non envoyé", other: "non envoyés") }, { $unreached } { PLURAL($unreached, one: "personne", other: "personnes") } sans coordonnées.
log-submitted = Notification { $stage } envoyée le { $at }, récépissé { $receipt }
log-lesson = leçon
log-reopening = Réouverture
tasks-title = Tâches
tasks-none = Aucune tâche. Notez ci-dessous ce qu'il reste à faire, avec qui et pour quand.
tasks-what = Tâche
tasks-owner = Responsable
tasks-due = Échéance
tasks-how = Ce qui a été fait
tasks-done = Fait
tasks-add = Ajouter la tâche
delays-title = Délais constatés
delays-moment = Moment
delays-after = Après
delays-unknown = pas encore
moment-occurred = survenu
moment-seen = découvert
moment-aware = connu
moment-contained = contenu
moment-notified = notifié
moment-told = personnes informées
moment-after = { $time } après
restart-title = Réouverture progressive
restart-what = Qui, quoi
restart-budget = Limites, en % du niveau habituel
restart-percent = limites à { $percent } %
lessons-title = Leçons
lessons-text = Ce qu'on a appris
lessons-measure = La mesure qui en sort
lessons-write = Inscrire la leçon
sheets-explain = Vérifiez ce que Digue a mesuré : l'enregistrer le met à votre nom. « Je ne sais pas » est une réponse.
sheets-precision = Précision
sheets-precision-add = Préciser
sheets-add = Ajouter une fiche réflexe
sheets-add-go = Ajouter
sheet-action-close-account = Aller au compte
sheet-action-close-organisation = Aller à l'organisation
sheet-action-compute-affected = Calculer
sheet-action-preserve = Aller aux listes signées
sheet-action-reopen = Aller à ce qui est fermé
fact-accounts = Comptes : { $accounts } ; sessions ouvertes : { $sessions }.
fact-affected = Personnes touchées : { $persons }.
fact-categories = Catégories montrées : { $categories }.
fact-findings = Constats : { $findings }, dont { $waiting } en attente.
fact-journal = Entrées écrites au journal : { $entries }.
fact-organisation = Comptes de l'organisation : { $accounts }.
fact-unnamed = L'incident ne nomme aucun compte ni aucune organisation : Digue ne sait pas encore qui est concerné.
fact-uninspected = Réponses qui n'ont pas pu être lues : { $reason }.
affected-records = { PLURAL($count, one: "consultation", other: "consultations") }
affected-categories = Par catégorie de données
affected-category = Catégorie
affected-compute = Calculer la liste
affected-compute-go = Calculer une nouvelle version
affected-why-fewer = Motif, si la nouvelle liste laisse des personnes de côté
affected-leaves-out =
    { $count ->
        [one] Rien n'a été changé : 1 personne d'une liste précédente ne serait plus dans celle-ci, et ne serait pas informée. Élargissez la question, ou écrivez pourquoi.
       *[other] Rien n'a été changé : { $shown } personnes d'une liste précédente ne seraient plus dans celle-ci, et ne seraient pas informées. Élargissez la question, ou écrivez pourquoi.
    }
affected-left-out =
    { $count ->
        [one] Liste { $version } : 1 personne d'une liste précédente n'y est pas. Motif : { $reason }
       *[other] Liste { $version } : { $shown } personnes d'une liste précédente n'y sont pas. Motif : { $reason }
    }
invalid-affected-fewer = Cette liste laisse de côté des personnes d'une liste précédente : écrivez pourquoi.
affected-others = Personnes qui ne sont pas des usagers
affected-others-explain = Proches, tiers de confiance, contacts cités dans les dossiers : ils doivent être comptés et informés aussi.
affected-others-go = Ajouter
affected-who = Qui
affected-basis = D'où vient ce nombre
affected-versions = Versions
affected-version = Version
affected-quality = Fiabilité
affected-checkpoint = Entrées du journal
affected-hash = Empreinte
affected-list = Liste signée
invalid-affected-question = Il faut au moins un compte, une organisation, un portail ou une session.
clocks-title = Échéances légales
clocks-duty = Obligation
clocks-basis = Texte
clocks-due = Échéance
clocks-due-presumed = { $at }, compté depuis la confirmation : l'heure de la prise de connaissance n'est pas encore indiquée
clocks-now = Maintenant
clocks-met = Fait le
clocks-without-delay = dans les meilleurs délais
clocks-tolerance = pour information, règlement 1182/71, art. 3(1) : { $at }
clocks-tolerance-month = pour information, règlement 1182/71, art. 3(2)(c) et 3(4) : { $at }
clocks-two-days = interprétation discutée, art. 3(5) : { $at } ; ne pas viser cette date
aware-line = Prise de connaissance { $of } : { $at }
aware-at = Heure de la prise de connaissance
aware-of = Prise de connaissance de quoi
awareness-data = des données personnelles touchées (RGPD)
awareness-attack = de l'attaque (plainte, assureur)
awareness-significant = d'un incident important (NIS 2)
aware-reason = Pourquoi cette heure
aware-set = Fixer cette heure
occurred-from = Début de la violation
occurred-to = Fin (vide si elle dure)
role-title = Notre rôle
role-insured = assuré contre le risque cyber
role-nis2 = soumis à NIS 2
role-set = Fixer le rôle
severity-title = Gravité
severity-explain = Méthode de l'ENISA (2013) : contexte des données × facilité d'identification + circonstances. Le nombre de personnes n'entre pas dans ce calcul.
severity-cnil = Gravité (échelle de la CNIL)
severity-at-least = { $level } au moins
severity-at-least-why = Les catégories de données ne sont pas toutes connues : la gravité peut être plus élevée, et le projet pour la CNIL ne l'indique pas encore.
severity-overridden = (fixée par une personne)
severity-term = Terme
severity-value = Valeur
severity-context = Contexte des données
severity-ease = Facilité d'identification
severity-confidentiality = Perte de confidentialité
severity-integrity = Perte d'intégrité
severity-availability = Perte de disponibilité
severity-malice = Intention malveillante
severity-adjustment = Ajustement du contexte, de -3 à +3
severity-change = Changer
severity-set = Fixer avec ce motif
decide = Décider
undecided = pas encore décidé
decide-authority = Notifier la CNIL
decide-persons = Informer les personnes
decide-exemption = Exception, si elles ne le sont pas
decided-notify = Décision : notifier la CNIL
decided-not-notify = Décision : ne pas notifier la CNIL
decided-inform = Décision : informer les personnes
decided-not-inform = Décision : ne pas informer les personnes
met-title = Inscrire une obligation remplie
met-at = Quand
met-to = À qui, par quel moyen
met-receipt = Numéro de récépissé
met-set = Inscrire
delay-title = Motifs d'un retard
delay-set = Inscrire les motifs
notification-explain = Chaque champ vient des faits ou d'une personne ; les autres sont marqués inconnus.
notification-sent-title = Envoyées
notification-changed = Ce qui a changé depuis la dernière
notification-unchanged = Rien.
notification-field = Champ
notification-before = Avant
notification-after = Maintenant
notification-computed = rempli à partir des faits
notification-answered = rempli par une personne
notification-facts-say = Les faits disent : { $value }
figure-declared-measured = déclaré : { $declared } ; mesuré : { $measured }
figure-explained = { $both } (motif, par { $by } : { $reason })
figure-differences = Déclaré et mesuré
figure-differences-explain = Ce qui est déclaré dit moins que ce que la liste signée mesure. Corrigez la valeur dans son champ, ou écrivez ici pourquoi elle est juste. Les deux valeurs figurent sur les documents ; l'incident ne se clôt pas avant.
incident-figure-persons = Nombre de personnes
incident-figure-records = Nombre d'enregistrements
incident-figure-data-kinds = Catégories de données
incident-figure-begin = Première heure
incident-figure-end = Dernière heure
incident-figure-subject = Compte, organisme ou portail de la liste
incident-refused-declared-less = Ce qui est déclaré dit moins que ce qui est mesuré. Corrigez la valeur ou écrivez pourquoi elle est juste, à l'étape CNIL.
incident-refused-no-such-difference = Ces valeurs ne sont plus celles de l'incident. Rechargez la page.
notification-ask = Inconnu. Qui peut répondre : { $who }.
notification-unknown-title = Champs encore inconnus : { $count }
notification-unknown-one = { $field } – { $who }
notification-not-asked = sans objet pour l'instant
notification-save = Enregistrer les réponses
notification-submit = Notification envoyée
notification-submit-explain = Recopiez le brouillon dans le téléservice de la CNIL, puis inscrivez ici l'envoi et son récépissé : ce qui a été envoyé est gardé tel quel.
notification-stage = Type
notification-submitted = Inscrire l'envoi
export-json = JSON
register-title = Registre des violations
register-page = Registre sur une page
register-column-violation = Violation
register-column-persons = Personnes et données
register-column-effects = Effets
register-column-informed = Personnes informées
register-violations = { PLURAL($count, one: "violation", other: "violations") }
register-notified = { PLURAL($count, one: "notifiée à la CNIL", other: "notifiées à la CNIL") }
register-late = avec une échéance dépassée
register-explain = Toutes les violations, notifiées ou non, avec le raisonnement (RGPD, art. 33, 5).
paper-stage = Notification { $stage }.
paper-made = Brouillon établi par Digue le { $at }. À recopier dans le téléservice de la CNIL.
export-pdf = PDF
export-docx = Word
export-xlsx = Excel

## Notices to persons

act-campaign-prepared = avis préparés
act-campaign-set = campagne d'avis
channel-mail = courriel
channel-letter = lettre
channel-sms = SMS
channel-none = aucun moyen
notice-style-fr = français
notice-style-fr-easy = français facile à lire
notice-style-en = anglais
notice-title-happened = Ce qui s'est passé
notice-title-data = Vos données
notice-title-risks = Les risques
notice-title-steps = À faire maintenant
notice-title-check = Comment vérifier ce message
notice-title-contact = Nous contacter
notice-happening-stolen-account-subject = { $body } : votre dossier a été lu avec un compte volé
notice-happening-suspected-account-subject = { $body } : votre dossier a été lu, peut-être par un tiers
notice-happening-outside-reader-subject = { $body } : une personne extérieure a lu votre dossier
notice-happening-ransomware-subject = { $body } : une attaque a bloqué vos données
notice-happening-unavailable-subject = { $body } : vos données n'étaient plus accessibles
notice-happening-mistake-subject = { $body } : une erreur a touché vos données
notice-happening-unspecified-subject = { $body } : un incident a touché vos données
notice-data = Vos données ont été affichées { $times ->
    [one] une fois
   *[other] { $times } fois
}, { $same ->
    [1] le { $first }
   *[other] entre le { $first } et le { $last }
}.
notice-data-kinds = On y voyait : { $kinds }.
notice-data-unknown = Nous ne savons pas encore lesquelles.
notice-data-more = On a pu y voir aussi d'autres données : nous ne savons pas encore lesquelles.
notice-risks = On peut se servir de ces données pour vous tromper. On peut vous écrire ou vous appeler en prenant le nom d'un service connu. On peut aussi tenter d'ouvrir un compte à votre nom.
notice-steps =
    Méfiez-vous des messages et des appels qui parlent de votre dossier.
    Ne donnez jamais un mot de passe ni un code.
    Regardez vos comptes bancaires. Dites vite à votre banque ce qui ne vient pas de vous.
    Si on se sert de vos données, portez plainte. Le site 17cyber.gouv.fr vous aide.
notice-check = Ce message n'a pas de lien. Il ne vous demande rien. Pour le vérifier, tapez vous-même l'adresse { $address } puis ce code : { $code }. La page doit montrer : { $masked }, { $date }. Si elle montre autre chose, le message est faux.
notice-contact = Écrivez à { $mail } ou appelez le { $phone }. Demandez { $name }. Vous pouvez aussi adresser une plainte à la CNIL : cnil.fr/plaintes.
notice-code-says = Code QR signé : avec la clé publique du journal, il montre que ce courrier vient de nous.
notice-easy-title-happened = Ce qui s'est passé
notice-easy-title-data = Vos données
notice-easy-title-risks = Ce qui peut arriver
notice-easy-title-steps = Ce que vous devez faire
notice-easy-title-check = Pour savoir si ce message est vrai
notice-easy-title-contact = Pour nous parler
notice-easy-happening-stolen-account-subject = { $body } : quelqu'un a lu votre dossier
notice-easy-happening-suspected-account-subject = { $body } : quelqu'un a peut-être lu votre dossier sans en avoir le droit
notice-easy-happening-outside-reader-subject = { $body } : quelqu'un a lu votre dossier
notice-easy-happening-ransomware-subject = { $body } : des pirates ont bloqué vos données
notice-easy-happening-unavailable-subject = { $body } : vos données n'étaient plus là
notice-easy-happening-mistake-subject = { $body } : une erreur sur vos données
notice-easy-happening-unspecified-subject = { $body } : un problème sur vos données
notice-easy-data = On a pu voir vos données { $times ->
    [one] une fois
   *[other] { $times } fois
}. C'était { $same ->
    [1] le { $first }
   *[other] du { $first } au { $last }
}.
notice-easy-data-kinds = On y voit : { $kinds }.
notice-easy-data-unknown = Nous ne savons pas encore quelles données.
notice-easy-data-more = On a pu voir d'autres données. Nous ne savons pas encore lesquelles.
notice-easy-risks = On peut vous écrire. On peut vous appeler. On peut mentir et dire un faux nom.
notice-easy-steps =
    Ne donnez pas vos codes.
    Ne donnez pas vos mots de passe.
    Regardez votre compte à la banque.
    Un doute ? Parlez-en à un proche. Allez sur le site 17cyber.gouv.fr.
notice-easy-check = Ce message n'a pas de lien. Tapez cette adresse : { $address }. Tapez ce code : { $code }. La page montre : { $masked }, { $date }. Elle montre autre chose ? Le message est faux.
notice-easy-contact = Appelez le { $phone }. Ou écrivez à { $mail }. Demandez { $name }. Vous pouvez aussi écrire à la CNIL : cnil.fr/plaintes. La CNIL protège vos données.
letter-phone = Tél. { $phone }
letter-place-date = { $place }, le { $date }
letter-date = Le { $date }
letter-reference = Référence : { $reference }
letter-subject = Objet : { $subject }
letter-for = Pour { $body },
letter-function = Contact pour la protection des données
notice-salutation = Madame, Monsieur,
notice-easy-salutation = Bonjour,
notice-closing = Recevez, Madame, Monsieur, nos salutations.
notice-easy-closing = Nous pouvons vous aider. Appelez-nous.
notice-code-beside = Ce code n'ouvre aucun site. Un conseiller ou un journaliste peut le lire avec un téléphone et vérifier, avec la clé publique de notre journal, que ce courrier vient de nous.
notice-easy-code-beside = Ce dessin est un code. Vous n'avez rien à faire avec. Il prouve que la lettre vient de nous.
notice-sms = { $body } : un message sur vos données vous attend. Pour le vérifier, tapez { $address } puis { $code }.
contacts-unmatched = { $count ->
    [one] 1 ligne du fichier ne concerne aucune personne touchée.
   *[other] { $shown } lignes du fichier ne concernent aucune personne touchée. Vérifiez que leurs identifiants sont ceux du portail.
}
contact-fault-row = la ligne est illisible
contact-fault-person = il manque l'identifiant de la personne
contact-fault-email = l'adresse électronique n'est pas valide
contact-fault-twice = cette personne est déjà dans le fichier
contact-fault-nothing = aucun moyen de joindre cette personne
contact-fault-phone = le numéro de téléphone n'est pas utilisable
contact-fault-column = une colonne de ce fichier est inconnue et n'est pas lue
contacts-empty = Ce fichier de contacts ne contient personne. Vérifiez que c'est le bon, ou n'en joignez aucun pour utiliser la source du portail.
invalid-contacts = Le fichier doit avoir une colonne « person », et « email », « phone », « name » ou « address ».
incident-notices = Avis aux personnes
notices-explain = Un avis par personne, sans lien ni demande.
notices-style = Langue
notices-preview = Aperçu pour une personne
notices-score-good = Facilité de lecture : { $score } sur 100.
notices-score = Facilité de lecture : { $score } sur 100 (objectif : { $wanted } au moins), { $longest } { PLURAL($longest, one: "mot", other: "mots") } dans la plus longue phrase.
notices-too-hard = Ce texte est difficile à lire. Faites des phrases courtes, avec des mots courants.
notices-subject = Objet
notices-happened = Ce qui s'est passé
notices-risks = Les risques
notices-steps = À faire maintenant, une action par ligne
notices-contact = Contact
notices-address = Adresse à taper pour vérifier
notices-rate = Messages par minute
notices-contacts = Contacts du portail (CSV : identifiant, courriel, téléphone, nom, adresse)
notices-after = Seulement les nouvelles personnes depuis la version
notices-version = Version des personnes touchées
notices-edit = Modifier le texte
notices-prepare = Préparer les avis
notices-none-ready = Aucune campagne. La liste est calculée et la décision est prise : préparez les avis ci-dessous.
notices-persons = Toutes campagnes terminées, chaque personne comptée une fois : { $sent } par courriel, { $listed } par un avis remis autrement, { $unsent } sans avis parti, { $unreached } sans coordonnées.
notices-none = Aucune campagne. Calculez d'abord la liste des personnes, puis décidez de les informer : la campagne se prépare ici.
notices-needs = Il faut d'abord la liste des personnes touchées et la décision de les informer.
notices-campaigns = Campagnes
notices-state = État
notices-start = Envoyer
notices-pause = Suspendre
notices-end = Terminer et effacer les adresses
notices-letters = Lettres (PDF)
notices-texts = SMS et personnes à joindre autrement (CSV)
notices-alarm = { $count } { PLURAL($count, one: "avis vérifié", other: "avis vérifiés") } depuis trop d'endroits : des copies circulent peut-être.
campaign-preparing = en préparation
campaign-ready = prête
campaign-sending = en cours d'envoi
campaign-paused = suspendue
campaign-ended = terminée
notice-state-waiting = en attente
notice-state-sending = en cours
notice-state-sent = envoyés
notice-state-failed = refusés par le serveur
notice-state-uncertain = incertains (arrêt pendant l'envoi : à envoyer autrement)
notice-state-listed = à remettre par lettre, SMS ou autre (fichier pas encore exporté)
notice-state-exported = exportés, pour être remis par lettre, SMS ou autre
notices-give-up =
    { $count ->
        [one] Je termine alors qu'un avis n'est ni parti ni exporté : son adresse sera effacée, cette personne n'aura pas d'avis.
       *[other] Je termine alors que { $shown } avis ne sont ni partis ni exportés : leurs adresses seront effacées, ces personnes n'auront pas d'avis.
    }
notices-kept-back = Des avis ne sont ni partis ni exportés. Exportez les lettres et la liste, ou cochez la case pour y renoncer.
check-title = Vérifier un message
check-explain = Tapez le code qui est dans le message que vous avez reçu. Cette page ne montre aucune donnée personnelle.
check-code = Code du message
check-go = Vérifier
check-genuine = Ce code est le nôtre. Comparez avec votre message :
check-compare = Une ligne diffère ? C'est une copie : n'y répondez pas.
check-quoted = Le message entier, mot pour mot
check-unknown = Nous n'avons envoyé aucun message avec ce code. S'il n'y a pas de faute de frappe, le message que vous avez reçu n'est pas de nous.
check-replayed = Attention : ce code a été vérifié depuis beaucoup d'endroits. Votre message est peut-être une copie. Comparez bien chaque ligne.
check-channel = Envoyé par
check-masked = À
check-date = Le
check-subject = Objet
check-words = Premiers mots
check-official = Messages officiels en cours
check-official-explain = Nous ne demandons jamais de mot de passe, de code, de numéro de carte, ni de cliquer sur un lien.
check-official-none = Aucun message n'est en cours d'envoi.
check-official-file = La même liste, signée
check-sender = Expéditeur
check-since = Depuis
notices-faults = Lignes du fichier à revoir
notices-unreached =
    { $count ->
        [one] 1 personne n'a aucun moyen de contact connu. Cherchez son adresse dans vos autres fichiers ou auprès de son organisation, puis préparez une nouvelle campagne avec le fichier de contacts complété ; à défaut, décidez d'une communication publique (art. 34, 3, c) et inscrivez-la à l'incident.
       *[other] { $shown } personnes n'ont aucun moyen de contact connu. Cherchez leur adresse dans vos autres fichiers ou auprès de leur organisation, puis préparez une nouvelle campagne avec le fichier de contacts complété ; à défaut, décidez d'une communication publique (art. 34, 3, c) et inscrivez-la à l'incident.
    }
notices-differ = Le texte de cette campagne n'est plus celui qui est inscrit au journal : rien n'est envoyé. Terminez-la et préparez-en une autre.
notices-no-mail-server = Aucun serveur de courrier n'est configuré : les courriels de cette campagne ne peuvent pas partir, et aucun n'est en attente. Remplissez [mail] dans digue.toml et redémarrez, puis envoyez ; ou terminez la campagne et préparez-en une par lettres ou par SMS, sans adresse électronique.
notices-no-mail-server-yet = Aucun serveur de courrier n'est configuré ([mail] dans digue.toml) : une campagne peut être préparée, ses lettres et ses listes exportées, mais aucun courriel ne pourra partir.
column-channel = Canal
column-destination = Destination
column-code = Code
column-text = Texte
register-import = Importer un registre antérieur (Excel ou CSV)
register-import-file = Fichier Excel (.xlsx) ou CSV, avec les colonnes de l'export
register-import-go = Voir ce qui serait importé
register-imported = Registre importé
register-taken = violations importées
register-would-open = violations à ouvrir
register-import-preview = Registre antérieur : ce qui serait importé
register-import-undated = sans date de notification : la colonne « Notifiée » manque ou est vide, et son échéance reste ouverte ; une date écrite dans le motif n'est pas reprise
register-import-explain = Une ligne dont la référence ou le titre et l'heure sont déjà au registre n'ouvre rien : le registre se corrige sur la page de l'incident. Rien n'est écrit avant votre accord.
register-import-outdated = Le registre a changé entre-temps : rien n'a été écrit. Voici ce que le fichier ouvrirait maintenant.
register-import-confirm = Ouvrir ces violations
register-import-row = Ligne
register-import-known-rows = Déjà au registre : { $references }.
register-known = déjà au registre
register-faults = { PLURAL($count, one: "cellule à revoir", other: "cellules à revoir") }
register-earlier = importé d'un registre antérieur
register-fault-missing = il manque une valeur
register-fault-moment = ce n'est pas une date
register-fault-number = ce n'est pas un nombre
register-fault-choice = cette valeur n'est pas dans la liste
register-fault-decision = il faut « oui : motif » ou « non : motif »
column-exemption = Pourquoi ne pas informer
register-delay-unknown = Le registre antérieur ne dit pas le motif du retard.
register-fault-ambiguous = cette heure ou cette date peut se lire de deux façons : écrivez-la avec son décalage, par exemple 2026-10-25T02:30:00+01:00
register-fault-future = ce moment est dans le futur
register-fault-exemption = indiquez pourquoi les personnes ne sont pas informées : risque non élevé, ou article 34(3)(a), (b) ou (c)
register-fault-long = c'est trop long
register-fault-error = la cellule contient une erreur de calcul
register-fault-formula = le fichier ne contient pas le résultat de la formule, ou ce résultat est 0 : remplacez la formule par sa valeur
register-fault-covered = la cellule est cachée par une fusion de cellules : défusionnez-les
register-fault-unit = la cellule contient un pourcentage, une autre unité ou une autre monnaie
register-fault-unseen = la cellule contient un nombre dont Digue ne sait pas afficher le format : saisissez-le comme un texte
register-fault-truth = la cellule contient VRAI ou FAUX : saisissez-le comme un texte
register-fault-computed = Digue calcule cette valeur, et elle est différente aujourd'hui ; répondez à ce champ sur la page de l'incident
register-fault-backwards = la fin est avant le début
register-fault-twice = une autre ligne du fichier porte cette référence
register-fault-differs = le registre a une autre valeur pour cette violation ; changez-la sur la page de l'incident
register-fault-refused = les règles des incidents ne permettent pas d'importer cette valeur
register-fault-line = ligne { $row } ({ $place }), { $column } : { $fault }
register-fault-line-seen = ligne { $row } ({ $place }), { $column } : { $fault } – lu : « { $seen } »
import-register-aware-at = Date de prise de connaissance | Date de constatation
import-register-notified = Notifiée le | Date de notification | Date de la notification | Date de notification à la CNIL
import-register-told = Informées le | Date d'information des personnes
import-register-exemption = Exception | Exemption | Motif de non-information
invalid-register = Ce fichier n'est ni un classeur Excel (.xlsx) ni un CSV lisible.
paper-link-notification = Notification
paper-link-complaint = Dossier de plainte
paper-link-call-centre = Fiche pour l'accueil téléphonique
paper-link-press = Texte pour la presse
paper-link-partner = Lettre au partenaire
complaint-title = Dossier de plainte
complaint-facts = Les faits
complaint-evidence = Les preuves
complaint-verify-install = Décompressez l'archive dans un dossier vide, et ouvrez un terminal dans ce dossier. Le logiciel libre « digue » s'installe sur n'importe quel poste ; il n'a besoin ni de réseau ni d'une installation de { $body }.
complaint-verify-key = Comparez la clé du fichier journal.pub avec celle que { $body } a publiée : elle ne prouve rien si elle vient de l'archive seule.
complaint-verify-list = Vérifiez la signature de la liste des personnes :
complaint-verify-receipt = Vérifiez, sans réseau, que chaque entrée citée figure au journal :
complaint-verify-good = Chaque commande se termine par le code 0 quand la pièce est intacte ; toute autre fin veut dire qu'elle a été modifiée.
paper-call-centre-title = Fiche pour l'accueil téléphonique
paper-call-centre =
    Ce qui s'est passé
    { $happened } Personnes concernées : { $persons }.

    Les données
    { $kinds }.

    Où nous en sommes
    { $claims }
    { $taken }

    Si la personne demande « suis-je concernée ? »
    Ne cherchez pas vous-même son dossier. { $notices }

    Si la personne a reçu un message
    Dites-lui de taper elle-même { $address } et le code du message. Nous ne demandons jamais de mot de passe, de code ni de numéro de carte.

    Si la personne a perdu de l'argent, ou si l'on se sert de son nom
    Dites-lui d'appeler sa banque, puis de se rendre sur le site 17cyber.gouv.fr. En cas de danger immédiat seulement : le 17.

    Pour aller plus loin
    { $contact }, { $mail }, { $phone }. Référence : { $reference }.
paper-press-title = Texte pour la presse
paper-press =
    { $body } a subi un incident. { $happened } Personnes concernées : { $persons }.

    Les données
    { $kinds }.

    Où nous en sommes
    { $claims } { $check }

    Conseils
    Nous ne demandons jamais de mot de passe, de code ni de numéro de carte. Méfiez-vous des messages qui parlent de votre dossier.

    Contact
    { $mail }, { $phone }.
letter-partner-address = Adresse postale du partenaire à ajouter
paper-partner-title = Lettre au partenaire (RGPD, art. 33, 2)
paper-partner =
    { $body } vous informe d'une violation de données personnelles (référence { $reference }, { $about }).

    Ce que nous savons
    { $happened } Personnes : { $persons }. Données : { $kinds }.

    Où nous en sommes
    { $claims }
    { $taken }

    Ce que nous vous demandons
    Vérifiez le poste et les mots de passe des personnes qui utilisent ces comptes. Dites-nous ce que vous trouvez, même si vous n'en êtes pas sûrs. Si vous êtes responsable de traitement pour une partie de ces données, votre propre délai de 72 heures court à compter de ce message.

    À transmettre à vos propres donneurs d'ordre
    Nous vous informons sans retard d'une violation survenue sur un portail que nous utilisons pour vous. Les faits sont ci-dessus. Nous compléterons ces informations dès que nous en saurons plus.

    Contact
    { $contact }, { $mail }, { $phone }.
paper-missing = [à compléter]
notices-incomplete = Il reste des passages à compléter : remplacez « [à compléter] » par ce qu'il faut.
paper-bundle = Dossier de plainte complet, avec les preuves et la façon de les vérifier (ZIP)
campaign-failed = en échec : rien n'est parti
notice-state-returned = revenus : adresse refusée (à joindre autrement)
notices-written-of = { $written } { PLURAL($written, one: "avis écrit", other: "avis écrits") } sur { $total }
notices-refresh = Voir l'avancement
notices-failed = La préparation a échoué : la source des contacts ne répond pas, ou le fichier est illisible. Rien n'est parti. Préparez une nouvelle campagne.
notices-source = Sans fichier, les adresses sont lues dans la base du portail, par la requête définie dans la configuration.
notices-returned =
    { $count ->
        [one] Un message est revenu : cette personne est à joindre autrement.
       *[other] { $count } messages sont revenus : ces personnes sont à joindre autrement.
    }
log-kept = Fichier reçu
restart-explain = Une seconde personne accorde chaque étape : les limites changent d'abord, la vanne s'ouvre ensuite.
restart-ask = Demander cette étape
checked-title = Vérification
checked-go = Vérifier le journal et les listes
checked-same =
    { $count ->
        [one] La seule entrée correspond à l'empreinte inscrite au journal.
       *[other] Les { $count } entrées correspondent aux empreintes inscrites au journal.
    }
checked-changed =
    { $count ->
        [one] Une entrée ne correspond pas au journal : quelqu'un a écrit dans la base sans passer par Digue.
       *[other] { $count } entrées ne correspondent pas au journal : quelqu'un a écrit dans la base sans passer par Digue.
    }
checked-version-same = Version { $version } des personnes touchées : recalculée, même empreinte.
checked-version-other = Version { $version } des personnes touchées : recalculée, empreinte différente.
files-title = Accusé de réception et autres pièces
files-explain = Le fichier est conservé tel quel, et son empreinte est inscrite au journal.
files-file = Fichier (10 Mo au plus)
files-keep = Garder ce fichier
files-bytes = octets
own-incidents-title = Incidents de notre organisation
own-incidents-none = Aucun incident ne concerne vos comptes. Si vous en voyez un, déclarez-le ci-dessous : l'opérateur est prévenu aussitôt.
own-incidents-paper = Ce que vous devez savoir (PDF)
own-incidents-report = Signaler un incident
own-incidents-not-established = L'opérateur n'a encore rien établi.
own-incidents-call = Urgent ? Appelez d'abord :
own-incidents-explain = Un poste infecté, un mot de passe donné, un appel étrange : dites-le tout de suite, même si vous n'êtes pas sûr. L'opérateur voit votre signalement dans sa console.
own-incidents-what = Ce qui s'est passé, en une phrase
own-incidents-text = Quand, sur quel poste ou quel compte, et ce que vous avez déjà fait
own-incidents-send = Prévenir l'opérateur
paper-unknown = pas encore connu
notices-sent-of = { $sent } { PLURAL($sent, one: "courriel envoyé", other: "courriels envoyés") } sur { $total }
notice-state-unreached = sans aucun moyen connu
