// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * By whose word an initiator is known.
 *
 * @param oidc identity providers whose tokens are believed
 * @param tlsRoots under which a client's certificate at the public TLS door names an initiator
 */
public record InitiatorsConfig(List<OidcIssuer> oidc, List<X509Certificate> tlsRoots) {
  /** Nobody's: no initiator is known. */
  public static final InitiatorsConfig NONE = new InitiatorsConfig(List.of(), List.of());

  /** Each has keys in memory, and is asked for them. */
  private static final int MOST_ISSUERS = 16;

  /**
   * Copies both.
   *
   * @throws IllegalArgumentException if two issuers have one name or one {@code iss}, or there are too
   *     many
   */
  public InitiatorsConfig {
    oidc = List.copyOf(oidc);
    tlsRoots = List.copyOf(tlsRoots);
    Set<String> names = new HashSet<>();
    Set<String> issuers = new HashSet<>();
    for (OidcIssuer one : oidc) {
      if (!names.add(one.name()) || !issuers.add(one.issuer())) {
        throw new IllegalArgumentException(
            "each issuer of initiators.oidc must have a name and an issuer of its own, and "
                + one.name()
                + " has another's");
      }
    }
    if (oidc.size() > MOST_ISSUERS) {
      throw new IllegalArgumentException(
          "initiators.oidc must have at most " + MOST_ISSUERS + " issuers, has " + oidc.size());
    }
  }

  /** Where an issuer's keys (RFC 7517) are. */
  public sealed interface Keys {
    /** In a file, which is read again and again. */
    record InFile(Path file) implements Keys {}

    /**
     * At a URL.
     *
     * @param url https, or http on this machine
     */
    record At(URI url) implements Keys {
      /**
       * The URL as given.
       *
       * @throws IllegalArgumentException if it is another
       */
      public At {
        boolean plain = "http".equals(url.getScheme());
        boolean bare = url.getRawUserInfo() == null && url.getRawFragment() == null;
        String host = url.getHost();
        if (host == null
            || !bare
            || !(plain ? LOOPBACK.matcher(host).matches() : "https".equals(url.getScheme()))) {
          throw new IllegalArgumentException(
              "the URL of an issuer's keys must be https://, or http:// with localhost, 127.x.x.x or"
                  + " [::1], was "
                  + url);
        }
      }

      /** Names that no resolver is asked for, and {@code localhost} (RFC 6761). */
      private static final Pattern LOOPBACK =
          Pattern.compile("localhost|127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}|\\[::1]");

      /** The URL that a text is. */
      public static At parse(String text) {
        try {
          return new At(new URI(text));
        } catch (URISyntaxException e) {
          throw new IllegalArgumentException(
              "the URL of an issuer's keys must be a URL, was another text", e);
        }
      }
    }
  }

  /**
   * An identity provider.
   *
   * @param name how it is called in an initiator's name: {@code oidc:NAME:CLAIM}
   * @param issuer its {@code iss}
   * @param audience what must be in {@code aud}
   * @param subjectClaim the claim that names who it is
   * @param requireNonce whether each token must be made for one request
   * @param maxAge how long after its {@code iat} a token is good at most
   * @param keys where its keys are
   * @param keysMaxAge how long keys are good after they were last read
   */
  public record OidcIssuer(
      String name,
      String issuer,
      String audience,
      String subjectClaim,
      boolean requireNonce,
      Duration maxAge,
      Keys keys,
      Duration keysMaxAge) {
    /** What claim it is, unless another is configured. */
    public static final String SUBJECT = "sub";

    /** A token's greatest age, unless another is configured. */
    public static final Duration MAX_AGE = Duration.ofHours(1);

    /** The greatest age of keys, unless another is configured. */
    public static final Duration KEYS_MAX_AGE = Duration.ofHours(24);

    /** Longest of both. */
    public static final Duration LONGEST = Duration.ofDays(7);

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");
    private static final int MAX_TEXT = 512;

    /**
     * The issuer as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public OidcIssuer {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "an issuer's name must be 1 to 32 characters of a-z 0-9 -, was " + name);
      }
      requireText("issuer", issuer);
      requireText("audience", audience);
      requireText("subject_claim", subjectClaim);
      requireAge("max_age_s", maxAge);
      requireAge("keys_max_age_s", keysMaxAge);
    }

    private static void requireText(String field, String text) {
      if (text.isEmpty() || text.length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            field + " must be 1 to " + MAX_TEXT + " characters, was " + text.length());
      }
    }

    private static void requireAge(String field, Duration age) {
      if (age.compareTo(Duration.ofSeconds(1)) < 0 || age.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException(
            field + " must be 1 to " + LONGEST.toSeconds() + " s, was " + age.toSeconds());
      }
    }
  }
}
