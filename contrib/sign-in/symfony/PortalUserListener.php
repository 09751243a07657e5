<?php
// Tells Digue who is signed in at this portal: `[identity] from = "portal"` in the map.

namespace App\Digue;

use Symfony\Component\EventDispatcher\EventSubscriberInterface;
use Symfony\Component\HttpKernel\Event\ResponseEvent;
use Symfony\Component\HttpKernel\KernelEvents;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\SwitchUserToken;

final class PortalUserListener implements EventSubscriberInterface
{
    private $tokens;

    public function __construct(TokenStorageInterface $tokens)
    {
        $this->tokens = $tokens;
    }

    public static function getSubscribedEvents(): array
    {
        return [KernelEvents::RESPONSE => 'onResponse'];
    }

    public function onResponse(ResponseEvent $event): void
    {
        $name = $this->name();
        if ($event->isMainRequest() && null !== $name) {
            $event->getResponse()->headers->set('X-Portal-User', $name);
        }
    }

    /** Who is signed in, for `whoami` too; a user who acts as another one (`switch_user`) is named. */
    public function name(): ?string
    {
        $token = $this->tokens->getToken();
        if ($token instanceof SwitchUserToken) {
            $token = $token->getOriginalToken();
        }
        return $token && $token->getUser() ? $token->getUserIdentifier() : null;
    }
}
