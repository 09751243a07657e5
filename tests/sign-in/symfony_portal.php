<?php
// A portal in Symfony 5.4 that signs its users in itself (`names`) or takes Digue's word (`digue`).
//
//     php symfony_portal.php names|digue PORT FOLDER [NAME ISSUER JWKS]
//
// It shows any record to anybody who is signed in: what it should refuse, Digue refuses. Needs, of
// Debian: php-cli php-xml php-symfony-framework-bundle php-symfony-security-bundle.

if ('cli' === PHP_SAPI) {
    $server = ['-d', 'error_reporting=24575', '-S', "127.0.0.1:$argv[2]", __FILE__];
    pcntl_exec(PHP_BINARY, $server, ['PORTAL' => json_encode(array_slice($argv, 1)), 'PATH' => getenv('PATH')]);
}

foreach (['FrameworkBundle', 'SecurityBundle'] as $bundle) {
    require_once "/usr/share/php/Symfony/Bundle/$bundle/autoload.php";
}
foreach (['PortalUserListener', 'DigueAssertion', 'DigueAuthenticator'] as $name) {
    require_once dirname(__DIR__, 2)."/contrib/sign-in/symfony/$name.php";
}

use App\Digue\{DigueAssertion, DigueAuthenticator, PortalUserListener};
use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpFoundation\{JsonResponse, Request, Response};
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

final class Portal extends Kernel
{
    use MicroKernelTrait;

    private $said;

    public function __construct(array $said)
    {
        $this->said = $said;
        parent::__construct('prod', false);
    }

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new SecurityBundle()];
    }

    public function getProjectDir(): string
    {
        return $this->said[2];
    }

    protected function configureContainer(ContainerConfigurator $container): void
    {
        $isDigue = 'digue' === $this->said[0];
        $container->extension('framework', [
            'secret' => 'of-a-test-on-loopback',
            'http_method_override' => false,
            'session' => ['storage_factory_id' => 'session.storage.factory.native', 'handler_id' => null, 'save_path' => $this->said[2]],
        ]);
        $users = [];
        foreach (['agent1' => ['ROLE_USER', 'ROLE_ALLOWED_TO_SWITCH'], 'agent2' => ['ROLE_USER']] as $name => $roles) {
            $users[$name] = ['password' => "mot-de-passe-$name", 'roles' => $roles];
        }
        $own = [
            'form_login' => ['login_path' => '/login', 'check_path' => '/login', 'default_target_path' => '/'],
            'logout' => ['path' => '/logout', 'target' => '/login'],
            'switch_user' => true,
        ];
        $open = '^/(login|open|api/me)';
        $container->extension('security', [
            'enable_authenticator_manager' => true,
            'password_hashers' => ['Symfony\Component\Security\Core\User\InMemoryUser' => 'plaintext'],
            'providers' => ['users' => ['memory' => ['users' => $users]]],
            'firewalls' => ['main' => $isDigue ? ['stateless' => true, 'custom_authenticators' => [DigueAuthenticator::class]] : $own],
            'access_control' => [['path' => $open, 'roles' => 'PUBLIC_ACCESS'], ['path' => '^/', 'roles' => 'ROLE_USER']],
        ]);
        $services = $container->services()->defaults()->autowire()->autoconfigure()->public();
        if ($isDigue) {
            $services->set(DigueAuthenticator::class);
            $services->set(DigueAssertion::class)->args(array_slice($this->said, 3, 3));
        } else {
            $services->set(PortalUserListener::class);
        }
        $services->alias('tokens', 'security.token_storage');
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        $add = fn (string $path, string $method) => $routes->add($method, $path)->controller([self::class, $method]);
        $add('/', 'home');
        $add('/login', 'login');
        $add('/logout', 'logout');
        $add('/api/me', 'me');
        $add('/persons/{number}', 'person');
        $add('/open/{number}', 'openPerson');
    }

    public function home(): Response
    {
        return self::page('<h1>Accueil</h1><form method="post" action="/logout"><button>Se déconnecter</button></form>');
    }

    public function login(): Response
    {
        return self::page('<h1>Connexion</h1><form method="post" action="/login"><input type="text" name="_username">'
            .'<input type="password" name="_password"><button>Se connecter</button></form>');
    }

    public function logout(): Response
    {
        throw new \LogicException('the firewall answers');
    }

    public function me(): Response
    {
        return new JsonResponse(['account' => $this->container->get(PortalUserListener::class)->name()]);
    }

    public function person(string $number): Response
    {
        $user = $this->container->get('tokens')->getToken()->getUserIdentifier();
        return self::page("<h1 class=\"person\">$number</h1><p>Nom de $number</p><p>Compte : $user</p>");
    }

    /** A page that forgets to ask who is signed in. */
    public function openPerson(string $number): Response
    {
        return self::page("<h1 class=\"person\">$number</h1><p>Nom de $number</p>");
    }

    private static function page(string $content): Response
    {
        return new Response("<!doctype html><title>Portail</title>$content");
    }
}

$kernel = new Portal(json_decode(getenv('PORTAL')));
$request = Request::createFromGlobals();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
