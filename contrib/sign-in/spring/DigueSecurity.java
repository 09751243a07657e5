package digue;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.core.userdetails.UserDetailsByNameServiceWrapper;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.preauth.PreAuthenticatedAuthenticationProvider;

@Configuration
public class DigueSecurity {
    static final String PORTAL = "portail";          // [portal] name in the map
    static final String ISSUER = "digue.exemple.fr"; // [digue] name in digue.toml
    static final String KEYS = "https://portail.exemple.fr/.digue/jwks.json";

    @Bean
    SecurityFilterChain digue(HttpSecurity http, UserDetailsService users) throws Exception {
        NimbusJwtDecoder decoder =
            NimbusJwtDecoder.withJwkSetUri(KEYS).jwsAlgorithm(SignatureAlgorithm.ES256).build();
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
            JwtValidators.createDefaultWithIssuer(ISSUER),
            new JwtClaimValidator<Object>(JwtClaimNames.EXP, exp -> exp != null),
            new JwtClaimValidator<List<String>>(JwtClaimNames.AUD, aud -> aud != null && aud.contains(PORTAL))));
        // Only accounts that this portal knows.
        PreAuthenticatedAuthenticationProvider known = new PreAuthenticatedAuthenticationProvider();
        known.setPreAuthenticatedUserDetailsService(new UserDetailsByNameServiceWrapper<>(users));
        DigueIdentityFilter filter = new DigueIdentityFilter(decoder);
        filter.setAuthenticationManager(new ProviderManager(known));
        return http
            .addFilter(filter)
            .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
            .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
            .build();
    }
}
