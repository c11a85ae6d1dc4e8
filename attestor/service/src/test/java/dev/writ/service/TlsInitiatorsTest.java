// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.service.ClientAuthority.Terms;
import java.lang.reflect.Proxy;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;

/** A chain is validated once for its connection, and its time is compared each time. */
final class TlsInitiatorsTest {
  private static final String SPIFFE = "spiffe://corp.example/alice";

  private final SettableClock clock = new SettableClock(Instant.now());

  /** A session of which nothing is asked but what is kept with it. */
  private static SSLSession connection() {
    Map<Object, Object> kept = new HashMap<>();
    return (SSLSession)
        Proxy.newProxyInstance(
            SSLSession.class.getClassLoader(),
            new Class<?>[] {SSLSession.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getValue" -> kept.get(args[0]);
                  case "putValue" -> {
                    kept.put(args[0], args[1]);
                    yield null;
                  }
                  default ->
                      throw new AssertionError(
                          "a session must be asked for its values alone, was for " + method);
                });
  }

  private static X509Certificate[] chain(ClientAuthority authority, Instant end) throws Exception {
    return authority
        .client(SoftwareHost.newKeyPair(), Terms.of(SPIFFE).until(end))
        .chain()
        .toArray(X509Certificate[]::new);
  }

  @Test
  void chain_isValidatedOnceForItsConnection() throws Exception {
    ClientAuthority root = ClientAuthority.root("initiators");
    TlsInitiators initiators = new TlsInitiators(List.of(root.certificate()), clock);
    X509Certificate[] chain = chain(root, clock.instant().plus(Duration.ofHours(1)));
    SSLSession connection = connection();

    TlsIdentity first = initiators.of(chain, connection).orElseThrow();

    assertThat(first.identity()).isEqualTo(SPIFFE);
    assertThat(initiators.of(chain, connection).orElseThrow()).isSameAs(first);
    assertThat(initiators.of(chain, connection()).orElseThrow())
        .as("another connection's")
        .isEqualTo(first)
        .isNotSameAs(first);
  }

  @Test
  void chain_ofWhichOneEndsOnTheConnection_namesNobodyFromThen() throws Exception {
    ClientAuthority root = ClientAuthority.root("initiators");
    ClientAuthority issuing = root.issuing("initiators-1");
    TlsInitiators initiators = new TlsInitiators(List.of(root.certificate()), clock);
    X509Certificate[] hour = chain(issuing, clock.instant().plus(Duration.ofHours(1)));
    X509Certificate[] outlasting = chain(issuing, clock.instant().plus(Duration.ofDays(90)));
    SSLSession ofHour = connection();
    SSLSession ofOutlasting = connection();
    assertThat(initiators.of(hour, ofHour)).isPresent();
    assertThat(initiators.of(outlasting, ofOutlasting)).isPresent();

    clock.advance(Duration.ofHours(2));
    assertThat(initiators.of(hour, ofHour)).isEmpty();
    assertThat(initiators.of(outlasting, ofOutlasting)).isPresent();

    clock.advance(Duration.ofDays(31));
    assertThat(initiators.of(outlasting, ofOutlasting)).as("its issuer's is over").isEmpty();
  }

  @Test
  void chain_thatIsUnderOtherRoots_namesNobody_alsoLater() throws Exception {
    ClientAuthority root = ClientAuthority.root("initiators");
    ClientAuthority stranger = ClientAuthority.root("initiators");
    TlsInitiators initiators = new TlsInitiators(List.of(root.certificate()), clock);
    X509Certificate[] chain = chain(stranger, clock.instant().plus(Duration.ofHours(1)));
    SSLSession connection = connection();
    for (int i = 0; i < 2; i++) {
      assertThat(initiators.of(chain, connection)).isEmpty();
    }
    // What others came to is not these roots' word.
    assertThat(new TlsInitiators(List.of(stranger.certificate()), clock).of(chain, connection))
        .isPresent();
    assertThat(initiators.of(chain, connection)).isEmpty();
  }

  @Test
  void certificate_thatIsSentAlongAndHasEnded_isNoLink_andARootIsNobody() throws Exception {
    ClientAuthority root = ClientAuthority.root("initiators");
    TlsInitiators initiators = new TlsInitiators(List.of(root.certificate()), clock);
    X509Certificate[] chain =
        chain(root.issuing("initiators-1"), clock.instant().plus(Duration.ofDays(90)));
    X509Certificate[] along = Arrays.copyOf(chain, chain.length + 1);
    along[chain.length] = root.ended();
    SSLSession connection = connection();

    for (int i = 0; i < 2; i++) {
      assertThat(initiators.of(along, connection)).isPresent();
    }
    X509Certificate[] withoutItsIssuer = {chain[0], root.ended()};
    assertThat(initiators.of(withoutItsIssuer, connection())).isEmpty();
    assertThat(initiators.of(new X509Certificate[] {root.certificate()}, connection())).isEmpty();
    clock.advance(Duration.ofDays(31));
    assertThat(initiators.of(along, connection)).as("its issuer's is over").isEmpty();
  }
}
