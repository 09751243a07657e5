<?php
// Signs in whom Digue has signed in. For a firewall with `stateless: true`: see README.md.

namespace App\Digue;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;
use Symfony\Component\Security\Core\Exception\AuthenticationException;
use Symfony\Component\Security\Core\Exception\BadCredentialsException;
use Symfony\Component\Security\Http\Authenticator\AbstractAuthenticator;
use Symfony\Component\Security\Http\Authenticator\Passport\Badge\UserBadge;
use Symfony\Component\Security\Http\Authenticator\Passport\Passport;
use Symfony\Component\Security\Http\Authenticator\Passport\SelfValidatingPassport;
use Symfony\Component\Security\Http\EntryPoint\AuthenticationEntryPointInterface;

final class DigueAuthenticator extends AbstractAuthenticator implements AuthenticationEntryPointInterface
{
    private $assertion;

    public function __construct(DigueAssertion $assertion)
    {
        $this->assertion = $assertion;
    }

    public function supports(Request $request): ?bool
    {
        return $request->headers->has('Digue-Identity');
    }

    public function authenticate(Request $request): Passport
    {
        try {
            $account = $this->assertion->account((string) $request->headers->get('Digue-Identity'));
        } catch (\DomainException $cause) {
            throw new BadCredentialsException($cause->getMessage(), 0, $cause);
        }
        // The user provider says whether this portal knows the account.
        return new SelfValidatingPassport(new UserBadge($account));
    }

    public function onAuthenticationSuccess(Request $request, TokenInterface $token, string $firewallName): ?Response
    {
        return null;
    }

    public function onAuthenticationFailure(Request $request, AuthenticationException $exception): ?Response
    {
        return new Response('', Response::HTTP_FORBIDDEN);
    }

    /** Digue is where users sign in: nobody comes here without a token but past it. */
    public function start(Request $request, ?AuthenticationException $exception = null): Response
    {
        return new Response('', Response::HTTP_FORBIDDEN);
    }
}
