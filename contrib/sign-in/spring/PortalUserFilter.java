// Tells Digue who is signed in at this portal: `[identity] from = "portal"` in the map.
// http.addFilterAfter(new PortalUserFilter(), AuthorizationFilter.class);
package digue;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.web.filter.OncePerRequestFilter;

public final class PortalUserFilter extends OncePerRequestFilter {
    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Authentication user = SecurityContextHolder.getContext().getAuthentication();
        // Before the chain: a header that is set after the first bytes have left is lost.
        if (user != null && user.isAuthenticated() && !(user instanceof AnonymousAuthenticationToken)) {
            response.setHeader("X-Portal-User", user.getName());
        }
        chain.doFilter(request, response);
    }
}
