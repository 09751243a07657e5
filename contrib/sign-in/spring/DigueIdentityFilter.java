// Signs in whom Digue has signed in, by the JWT in `Digue-Identity`.
package digue;

import jakarta.servlet.http.HttpServletRequest;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.web.authentication.preauth.RequestHeaderAuthenticationFilter;
import org.springframework.security.web.context.RequestAttributeSecurityContextRepository;

public final class DigueIdentityFilter extends RequestHeaderAuthenticationFilter {
    private final JwtDecoder decoder;

    public DigueIdentityFilter(JwtDecoder decoder) {
        this.decoder = decoder;
        setPrincipalRequestHeader("Digue-Identity");
        setExceptionIfHeaderMissing(false);
        // By default this filter stores the user in a session, which is then asked before the header, whatever
        // SessionCreationPolicy says (spring-security issue 14137): the cookie would be worth as much as the token.
        setSecurityContextRepository(new RequestAttributeSecurityContextRepository());
    }

    /** The account of a token that Digue signed; the class above would take the header's text for it. */
    @Override
    protected Object getPreAuthenticatedPrincipal(HttpServletRequest request) {
        Object token = super.getPreAuthenticatedPrincipal(request);
        if (token == null) {
            return null;
        }
        try {
            return decoder.decode(token.toString()).getSubject();
        } catch (JwtException fault) {
            return null;
        }
    }
}
