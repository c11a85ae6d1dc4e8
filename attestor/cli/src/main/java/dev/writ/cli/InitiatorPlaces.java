// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.InitiatorsConfig;
import dev.writ.service.InitiatorsConfig.Keys;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The section {@code initiators}: by whose word an initiator is known.
 *
 * @param oidc identity providers
 * @param tlsRoots PEM file of the roots under which clients at the public TLS door are initiators
 */
record InitiatorPlaces(List<OidcIssuer> oidc, Optional<Path> tlsRoots) {
  /** Its keys in an issuer's section. */
  static final List<String> ISSUER_KEYS =
      List.of(
          "name",
          "issuer",
          "audience",
          "jwks",
          "jwks_file",
          "subject_claim",
          "require_nonce",
          "max_age_s",
          "keys_max_age_s");

  private static final int LONGEST_S = Math.toIntExact(OidcIssuer.LONGEST.toSeconds());

  static InitiatorPlaces of(ConfigSection section) throws MalformedConfigurationException {
    List<OidcIssuer> issuers = new ArrayList<>();
    for (ConfigSection issuer : section.sections("oidc")) {
      issuers.add(issuer(issuer));
    }
    try {
      var unused = new InitiatorsConfig(issuers, List.of());
    } catch (IllegalArgumentException e) {
      throw section.refused("hold: " + e.getMessage());
    }
    return new InitiatorPlaces(
        List.copyOf(issuers), section.sectionOrEmpty("tls").optionalPath("roots"));
  }

  private static OidcIssuer issuer(ConfigSection section) throws MalformedConfigurationException {
    String name = section.text("name");
    String issuer = section.text("issuer");
    String audience = section.text("audience");
    String subject = section.optionalText("subject_claim").orElse(OidcIssuer.SUBJECT);
    boolean nonce =
        section
            .optional(
                "require_nonce",
                "one of true, false",
                word -> Optional.of(word.equals("true")).filter(t -> t || word.equals("false")))
            .orElse(false);
    Duration maxAge = age(section, "max_age_s", OidcIssuer.MAX_AGE);
    Duration keysMaxAge = age(section, "keys_max_age_s", OidcIssuer.KEYS_MAX_AGE);
    try {
      return new OidcIssuer(
          name, issuer, audience, subject, nonce, maxAge, keys(section), keysMaxAge);
    } catch (IllegalArgumentException e) {
      throw section.refused("hold: " + e.getMessage());
    }
  }

  private static Keys keys(ConfigSection section) throws MalformedConfigurationException {
    Optional<Path> file = section.optionalPath("jwks_file");
    Optional<String> url = section.optionalText("jwks");
    if (file.isPresent() == url.isPresent()) {
      throw section.refused("have either jwks, a URL, or jwks_file");
    }
    return file.isPresent() ? new Keys.InFile(file.get()) : Keys.At.parse(url.orElseThrow());
  }

  private static Duration age(ConfigSection section, String key, Duration standard)
      throws MalformedConfigurationException {
    return Duration.ofSeconds(
        section.number(key, 1, LONGEST_S, Math.toIntExact(standard.toSeconds())));
  }
}
