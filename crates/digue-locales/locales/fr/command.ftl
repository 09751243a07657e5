command-about = Digue : un système de management de la sécurité qui agit
command-init = Écrire une configuration de départ, commentée
command-init-folder = Le dossier à remplir ; il ne doit pas contenir de configuration
command-check = Dire toutes les fautes de la configuration, avec fichier et ligne
command-serve = Tenir la porte : mandataire, journal et console
command-config = Le fichier digue.toml
command-demo = Essayer : un portail d'exemple derrière Digue, une journée de travail déjà écrite
command-demo-attack = Jouer une attaque dès que tout tourne : kairos
command-demo-port = Le port de la boucle locale ; 0 pour un port libre
command-demo-folder = Où écrire ; un dossier qui disparaît à la fin si rien n'est dit
command-journal = Lire et vérifier un journal
command-journal-folder = Le dossier du journal
command-journal-key = La clé publique, ou le fichier qui la contient ; celle du dossier voisin si rien n'est dit
command-journal-verify = Recalculer toutes les empreintes et dire ce qui ne va pas
command-journal-verify-from = Un point de contrôle gardé ailleurs, que le journal doit prolonger
command-journal-show = Montrer des entrées
command-journal-show-first = La première entrée
command-journal-show-count = Combien d'entrées
command-journal-tail = Montrer les dernières entrées, puis les nouvelles
command-journal-tail-follow = Continuer à montrer les nouvelles
command-link = Émettre un lien à usage unique pour un compte
command-link-account = Le compte
command-link-host = Le nom d'hôte du portail ou de la console
command-account = Enregistrer un compte
command-account-organisation = Son organisation
command-account-role = Son rôle : agent, delegate, rssi, dpo, auditor
command-language = La langue : fr ou en
init-done = Configuration écrite dans { $folder }. À lire : { $file }. Ensuite : digue check --config { $file }
init-exists = { $file } existe déjà : rien n'a été changé.
check-good = Aucune faute : { $portals ->
    [one] un portail
   *[other] { $portals } portails
}, { $routes } adresses décrites.
check-bad = { $faults ->
    [one] Une faute.
   *[other] { $faults } fautes.
}
fault-unreadable = ne se lit pas : { $detail }
fault-toml = la syntaxe TOML n'est pas bonne : { $detail }
fault-unknown-name = « { $name } » n'est pas un nom connu ici
fault-missing = il manque « { $name } »
fault-type = « { $name } » doit être de la forme { $detail }
fault-value = « { $name } » n'est pas bon : { $detail }
fault-policy = { $detail }
fault-no-portal = aucun portail n'est décrit dans ce dossier
fault-portal-twice = le portail « { $detail } » est déjà décrit dans un autre fichier
fault-host-twice = l'hôte « { $detail } » est déjà pris
fault-primary-twice = « { $name } » : un seul identifiant peut être le principal
fault-no-primary = l'un des identifiants doit dire primary = true
fault-unknown-kind = « { $name } » : aucun identifiant ne s'appelle « { $detail } »
fault-unknown-field = « { $name } » : aucune valeur de la demande ne s'appelle « { $detail } »
fault-unknown-segment = « { $name } » : le chemin n'a pas de partie « { $detail } » entre accolades
fault-public-held = « { $name } » ne vaut que pour kind = "assets"
fault-sweep-binary = « { $name } » ne peut pas balayer un classeur
fault-token-short = « { $name } » : le jeton doit avoir au moins 32 caractères
verify-intact = Journal intact : { $size } entrées, racine { $root }.
verify-unpublished = { $count } entrées durables attendent le prochain point de contrôle.
verify-tampered = JOURNAL ALTÉRÉ : { $count } constats.
verify-finding = entrée { $entry } : { $kind } ({ $detail })
verify-since = dernière entrée saine avant : { $since }
verify-failed = La vérification n'a pas pu être faite : { $cause }
finding-checkpoint = le point de contrôle manque ou n'est pas signé par cette clé
finding-missing-file = un fichier manque ou est coupé
finding-unreadable-entry = une entrée ne se lit pas
finding-wrong-hash = une empreinte ne correspond pas à ce qu'elle couvre
finding-wrong-root = les entrées mènent à une autre racine que celle qui est signée
finding-rewritten = le journal ne prolonge pas le point de contrôle gardé
serve-ready = Digue tient la porte.
serve-listener = { $scheme }://{ $address }
serve-first-admin = Aucun responsable n'existe encore. Lien à usage unique pour le premier ({ $account }), bon une heure : { $link }
serve-failed = Digue ne peut pas démarrer : { $cause }
serve-stopping = Digue s'arrête ; les réponses en cours se terminent.
serve-reloaded = Configuration relue.
serve-reload-refused = La configuration a des fautes : l'ancienne reste en place.
demo-title = Digue, démonstration
demo-portal = Portail d'exemple (20 000 personnes fictives, 1 200 comptes)
demo-console = Console : ce qui se passe maintenant
demo-links = Liens à usage unique ; chacun ouvre une session :
demo-agent = agent { $account }
demo-delegate = délégué { $account }
demo-rssi = RSSI
demo-day = Journée de travail écrite au journal : { $entries } entrées, { $persons } personnes montrées.
demo-attack-start = Attaque « kairos » : le compte volé { $account } lit tout ce qu'il peut.
demo-attack-line = { $requests } demandes, { $refused } refusées, { $shown } personnes montrées
demo-attack-end = Fin de l'attaque : { $shown } personnes montrées sur { $asked } demandées. Le budget de recherches exactes est de { $limit }.
demo-stop = Ctrl-C pour arrêter.
