// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.3 with a server that a trust file's {@code tls} vouches for, and with no other.
 *
 * <p>The server must show a chain in which a key is pinned: its own, or that of a certificate authority
 * from which RFC 5280 leads to it. Its certificate must be in its time, be for servers, and name the
 * host that was asked for (RFC 9525). The roots of the machine count nothing. Nothing older than TLS 1.3
 * is spoken.
 */
public final class PinnedTls implements ClientTls {
  private static final String TLS = "TLSv1.3";
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String ANY_PURPOSE = "2.5.29.37.0";

  /** Bits of KeyUsage, RFC 5280 section 4.2.1.3. */
  private static final int DIGITAL_SIGNATURE = 0;

  private static final int KEY_CERT_SIGN = 5;

  private final PinnedChain believed;
  private final Optional<ChannelKeyManager> own;
  private final SSLContext context;

  private PinnedTls(PinnedChain believed, Optional<ChannelKeyManager> own) {
    this.believed = believed;
    this.own = own;
    try {
      this.context = SSLContext.getInstance(TLS);
      context.init(
          own.map(keys -> new KeyManager[] {keys}).orElse(null),
          new TrustManager[] {believed},
          null);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform speaks TLS 1.3; this one does not", e);
    }
  }

  /**
   * TLS that believes these keys.
   *
   * @param pins SHA-256 of subject public keys, at least one
   * @param clock tells which certificates are in their time
   */
  public static PinnedTls of(List<Hash> pins, InstantSource clock) {
    return of(pins, Optional::empty, clock);
  }

  /**
   * The same, where a later trust file may pin others.
   *
   * @param newer asked, and waited for, where a server shows no key that is pinned: the pins of the newest
   *     trust file, if it is another than before
   */
  public static PinnedTls of(
      List<Hash> pins, Supplier<Optional<List<Hash>>> newer, InstantSource clock) {
    if (pins.isEmpty()) {
      throw new IllegalArgumentException(
          "https must have a key to believe in the trust file's tls, has none");
    }
    return new PinnedTls(new PinnedChain(pins, newer, clock), Optional.empty());
  }

  /**
   * The same for a client of the JDK's. Who uses it has host names compared, and offers TLS 1.3 alone.
   */
  public SSLContext context() {
    return context;
  }

  /** A server that showed no key which is pinned. */
  static final class NotPinnedException extends CertificateException {
    private static final long serialVersionUID = 1;

    NotPinnedException(String message) {
      super(message);
    }
  }

  /**
   * Takes the newest trust file's pins, where the failure is that none is shown.
   *
   * @return whether another try has another outcome
   */
  @Override
  public boolean follows(SSLException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof NotPinnedException) {
        return believed.follow();
      }
    }
    return false;
  }

  /**
   * The same, and a server that asks for the client's key is shown this one. Nothing is resumed that
   * was begun without it.
   */
  @Override
  public PinnedTls showing(ChannelKey key) {
    return showing(new ChannelKeyManager.OfInstance(key, believed.clock()));
  }

  /** The same with a credential that is there. */
  PinnedTls showing(ShownCredential credential) {
    return new PinnedTls(believed, Optional.of(new ChannelKeyManager(credential)));
  }

  /** Whether a server asked for this host's key, and was shown it. */
  @Override
  public boolean keyWasShown() {
    return own.isPresent() && own.get().wasShown();
  }

  /**
   * TLS over a connection, not yet begun: {@link SSLSocket#startHandshake} does that, and fails with
   * what is wrong about the server.
   *
   * @param connected closed with what is returned
   * @param host whom the server must be: a DNS name or an IP address without brackets
   */
  @Override
  public SSLSocket over(Socket connected, String host, int port) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(connected, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {TLS});
    // The JDK compares names itself where the trust manager is of the plain kind, as this one is.
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    return socket;
  }

  /** The JDK adds the comparison of names to it, as {@link #over} asks. */
  private static final class PinnedChain implements X509TrustManager {
    private final Supplier<Optional<List<Hash>>> newer;
    private final InstantSource clock;
    private volatile Set<Hash> pins;

    PinnedChain(List<Hash> pins, Supplier<Optional<List<Hash>>> newer, InstantSource clock) {
      this.pins = Set.copyOf(pins);
      this.newer = newer;
      this.clock = clock;
    }

    InstantSource clock() {
      return clock;
    }

    boolean follow() {
      Set<Hash> before = pins;
      pins = newer.get().map(Set::copyOf).orElse(before);
      return !pins.equals(before);
    }

    @Override
    public void checkServerTrusted(X509Certificate @Nullable [] chain, @Nullable String keyExchange)
        throws CertificateException {
      if (chain == null || chain.length == 0) {
        throw new CertificateException("the server must show a certificate, showed none");
      }
      int pinned = firstPinned(chain);
      Date now = Date.from(clock.instant());
      chain[0].checkValidity(now);
      requireForServers(chain[0]);
      if (pinned > 0) {
        requireAuthority(chain[pinned], pinned - 1, now);
        requirePath(Arrays.asList(chain).subList(0, pinned), chain[pinned], now);
      }
    }

    private int firstPinned(X509Certificate[] chain) throws CertificateException {
      for (int i = 0; i < chain.length; i++) {
        if (pins.contains(pin(chain[i]))) {
          return i;
        }
      }
      throw new NotPinnedException(
          "the server must show a key that the trust file's tls pins, showed those of SHA-256 "
              + Arrays.stream(chain)
                  .map(certificate -> pin(certificate).hex())
                  .collect(Collectors.joining(", "))
              + ": check that service and trust file belong together");
    }

    private static Hash pin(X509Certificate certificate) {
      return Hash.sha256(certificate.getPublicKey().getEncoded());
    }

    private static void requireForServers(X509Certificate certificate) throws CertificateException {
      @Nullable List<String> purposes = certificate.getExtendedKeyUsage();
      if (purposes != null && !purposes.contains(SERVER_AUTH) && !purposes.contains(ANY_PURPOSE)) {
        throw new CertificateException(
            "the server's certificate must be for TLS servers, is for " + purposes);
      }
      requireUsage(certificate, DIGITAL_SIGNATURE, "the server's certificate must be for signing");
    }

    /** What RFC 5280 takes for granted of an anchor: that it is an authority, and for such a path. */
    private static void requireAuthority(X509Certificate authority, int between, Date now)
        throws CertificateException {
      authority.checkValidity(now);
      if (authority.getBasicConstraints() < between) {
        throw new CertificateException(
            String.format(
                "the pinned certificate %s must be of an authority with %d more below it, and is not",
                authority.getSubjectX500Principal(), between));
      }
      requireUsage(authority, KEY_CERT_SIGN, "the pinned authority must be for certificates");
    }

    private static void requireUsage(X509Certificate certificate, int bit, String sentence)
        throws CertificateException {
      boolean @Nullable [] usage = certificate.getKeyUsage();
      if (usage != null && !usage[bit]) {
        throw new CertificateException(sentence + ", and is not");
      }
    }

    private static void requirePath(List<X509Certificate> path, X509Certificate anchor, Date now)
        throws CertificateException {
      try {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(anchor, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(now);
        var unused =
            CertPathValidator.getInstance("PKIX")
                .validate(
                    CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
      } catch (CertPathValidatorException e) {
        throw new CertificateException(
            "the pinned authority must have certified the server, and has not: " + e.getMessage(),
            e);
      } catch (InvalidAlgorithmParameterException | NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java platform has PKIX; this one does not", e);
      }
    }

    @Override
    public void checkClientTrusted(X509Certificate @Nullable [] chain, @Nullable String keyType)
        throws CertificateException {
      throw new CertificateException("no clients are believed here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
