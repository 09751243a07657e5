# Signaux : événements des fournisseurs d'identité.
menu-signals = Signaux
file-name-signals = signaux
signals-title = Signaux des fournisseurs d'identité
signals-explain = Ce que votre fournisseur d'identité coupe est coupé ici aussi : les sessions s'arrêtent aussitôt, les comptes se ferment dans une limite, et rien ne s'ouvre sans une personne.
signals-none = Aucun flux n'est configuré. La section [[signals.receive]] de la configuration en ajoute.
signals-streams = Flux
signals-stream = Flux
signals-heard = Dernier événement
signals-never = jamais
signals-taken = Reçus en 30 jours
signals-unknown-count = Sujets inconnus
signals-refused = Jetons refusés
signals-push = le fournisseur envoie
signals-poll = Digue interroge
signals-verified = vérifié le { $at }
signals-failing-since = sans réponse depuis le { $at }
signals-event = Événement
signals-outcome = Suite donnée
signals-events = Derniers événements
signals-events-kept = Les cent derniers au plus, sur cette page et dans son fichier.
signals-nothing = Aucun événement.
signals-unknown = Sujets inconnus
signals-unknown-advice = Ces événements parlent de personnes qui n'ont pas de compte ici, ou que Digue ne sait pas reconnaître : rien n'a été fait. Si l'une d'elles a un compte, fermez-le sur sa page, puis liez son identité ou complétez « identified_by » dans la configuration.
signals-accounts = { $count ->
    [one] un compte
   *[other] { $shown } comptes
}
signals-other-event = Autre événement : { $name }
signals-waiting = Demandes en attente
signals-waiting-count = { $count ->
    [one] Une demande d'un fournisseur attend votre décision
   *[other] { $shown } demandes d'un fournisseur attendent votre décision
}
signals-waiting-advice = Les sessions de ces comptes ont déjà été coupées si une fermeture est demandée. Une fermeture attend quand il y en a trop d'un coup, ou quand le compte est l'un de ceux de l'opérateur ; une réouverture attend toujours. Vérifiez auprès du fournisseur, par un autre moyen, que ces demandes sont voulues.
signals-agree = { $count ->
    [one] Faire ce qui est demandé
   *[other] Faire ces { $shown } changements
}
signals-refuse = Laisser les comptes comme ils sont
signal-standing-failing = ne répond pas
signal-standing-stopped = arrêté par le fournisseur
signal-standing-unheard = rien reçu encore
signal-standing-heard = relié
signal-change-close = fermeture
signal-change-reopen = réouverture
signal-event-session-revoked = Session révoquée
signal-event-token-claims-change = Attributs modifiés
signal-event-credential-change = Moyen de connexion modifié
signal-event-assurance-level-change = Niveau d'assurance modifié
signal-event-device-compliance-change = Conformité de l'appareil modifiée
signal-event-account-disabled = Compte désactivé
signal-event-account-enabled = Compte réactivé
signal-event-account-purged = Compte supprimé
signal-event-credential-compromise = Moyen de connexion compromis
signal-event-verification = Vérification du flux
signal-event-stream-updated = État du flux
signal-outcome-stream = noté
signal-outcome-not-handled = ignoré : événement inconnu de Digue
signal-outcome-unknown-subject = sujet inconnu : rien n'a été fait
signal-outcome-unchanged = rien à faire
signal-outcome-withdrawn = demande de fermeture retirée
signal-outcome-requested = réouverture demandée
signal-outcome-cut = sessions coupées
signal-outcome-held = sessions coupées, fermeture à décider
signal-outcome-closed = compte fermé
signal-refusal-unreadable = illisible
signal-refusal-kind = autre type de jeton
signal-refusal-key = signature ou clé inconnue
signal-refusal-issuer = autre émetteur
signal-refusal-audience = autre destinataire
signal-refusal-early = daté dans l'avenir
signal-refusal-old = trop ancien
signal-refusal-state = vérification non demandée
signal-refusal-claim = contenu non conforme
task-source-signals = les signaux des fournisseurs d'identité
task-signals-held = { $count ->
    [one] Une demande d'un fournisseur d'identité attend votre décision
   *[other] { $shown } demandes d'un fournisseur d'identité attendent votre décision
}
fault-signal-name = deux flux de [[signals.receive]] s'appellent « { $detail } »
fault-signal-keys = « { $name } » manque : sans lui, « issuer » doit être l'adresse https du fournisseur, où Digue lit sa configuration
fault-signal-way = « { $name } » : un flux arrive d'une seule façon, par envoi (secret_file) ou par interrogation (poll et token_file)
