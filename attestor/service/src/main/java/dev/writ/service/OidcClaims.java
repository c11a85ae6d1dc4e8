// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.nimbusds.jose.JWSObject;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The claims of a token that its issuer's key may vouch for, each read as its specification has it and required
 * to be what it must.
 */
record OidcClaims(Map<String, Object> claims) {
  /** How far an issuer's clock may be ahead. An end is an end all the same. */
  static final Duration SKEW = Duration.ofSeconds(30);

  private static final String EMAIL = "email";
  private static final String EMAIL_VERIFIED = "email_verified";

  /** The last second of the year 9999: no date is later. */
  private static final long MAX_DATE = 253_402_300_799L;

  /** What a token's payload says; whether its signature holds is another question. */
  static OidcClaims of(JWSObject jws) throws BadOidcToken {
    Map<String, Object> claims = jws.getPayload().toJSONObject();
    if (claims == null) {
      throw BadOidcToken.malformed("must have a JSON object as its payload, has another");
    }
    return new OidcClaims(claims);
  }

  void requireAudience(OidcIssuer issuer) throws BadOidcToken {
    Object aud = claims.get("aud");
    boolean meant =
        aud instanceof List<?> several
            ? several.contains(issuer.audience())
            : issuer.audience().equals(aud);
    if (!meant) {
      throw new BadOidcToken(
          DenialCode.SCOPE_EXCEEDED,
          "initiator_audience_mismatch",
          "must be for the audience of initiators.oidc, is for another");
    }
  }

  void requireTime(Instant issued, Instant ends, OidcIssuer issuer, Instant now)
      throws BadOidcToken {
    Instant latest = now.plus(SKEW);
    if (issued.isAfter(latest) || (claims.containsKey("nbf") && date("nbf").isAfter(latest))) {
      throw new BadOidcToken(
          DenialCode.NOT_YET_VALID,
          "initiator_token_not_yet_valid",
          "must have begun, and begins later; are both clocks right?");
    }
    if (!now.isBefore(ends)) {
      throw new BadOidcToken(
          DenialCode.EXPIRED, "initiator_token_expired", "must not have ended, and has");
    }
    if (issued.plus(issuer.maxAge()).isBefore(now)) {
      throw new BadOidcToken(
          DenialCode.EXPIRED,
          "initiator_token_too_old",
          "must be at most " + issuer.maxAge().toSeconds() + " s old, is older; get a new one");
    }
  }

  /** Whether it is for this request alone. */
  boolean requireNonce(OidcIssuer issuer, ExecutionRequest request) throws BadOidcToken {
    Object nonce = claims.get("nonce");
    if (nonce == null) {
      if (issuer.requireNonce()) {
        throw new BadOidcToken(
            DenialCode.ENVIRONMENT_MISMATCH,
            "initiator_nonce_missing",
            "must be made for this request, with its digest as nonce, and has no nonce");
      }
      return false;
    }
    if (!InitiatorToken.nonceFor(request).equals(nonce)) {
      throw new BadOidcToken(
          DenialCode.ENVIRONMENT_MISMATCH,
          "initiator_nonce_mismatch",
          "must have the digest of this request as nonce where it has one, has another's");
    }
    return true;
  }

  /**
   * Whoever may show it (RFC 7800): the holder of the instance key, which the quote proves, or of a
   * certificate, for whoever knows the connection to compare.
   */
  Optional<Hash> confirmed(ExecutionRequest request) throws BadOidcToken {
    if (!claims.containsKey("cnf")) {
      return Optional.empty();
    }
    Map<?, ?> cnf = claims.get("cnf") instanceof Map<?, ?> map ? map : Map.of();
    @Nullable Object jkt = cnf.get("jkt");
    @Nullable Object certificate = cnf.get("x5t#S256");
    if (cnf.size() != 1 || (jkt == null && certificate == null)) {
      throw BadOidcToken.malformed("must have jkt or x5t#S256 alone in its cnf, has others");
    }
    if (certificate != null) {
      return Optional.of(thumbprint(certificate));
    }
    if (!thumbprint(jkt).equals(request.jkt())) {
      throw new BadOidcToken(
          DenialCode.ENVIRONMENT_MISMATCH,
          "initiator_confirmation_mismatch",
          "must be bound to the request's key where it is bound to one, is to another's");
    }
    return Optional.empty();
  }

  private static Hash thumbprint(@Nullable Object value) throws BadOidcToken {
    if (value instanceof String text) {
      try {
        byte[] bytes = Base64.getUrlDecoder().decode(text);
        if (bytes.length == Hash.BYTES) {
          return Hash.of(bytes);
        }
      } catch (IllegalArgumentException e) {
        // As any other value.
      }
    }
    throw BadOidcToken.malformed("must have a SHA-256 thumbprint in its cnf, has another value");
  }

  /** An address that its issuer did not verify is whatever its owner wrote (OpenID Connect Core, 5.1). */
  void requireVerified(OidcIssuer issuer) throws BadOidcToken {
    if (issuer.subjectClaim().equals(EMAIL) && !Boolean.TRUE.equals(claims.get(EMAIL_VERIFIED))) {
      throw BadOidcToken.malformed(
          "initiator_email_unverified",
          "must have " + EMAIL_VERIFIED + " true where its email names the initiator, has not");
    }
  }

  String text(String name, String reason) throws BadOidcToken {
    if (claims.get(name) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw BadOidcToken.malformed(reason, "must have text as its " + name + ", has none");
  }

  /** A NumericDate (RFC 7519 section 2), to the second. */
  Instant date(String name) throws BadOidcToken {
    if (claims.get(name) instanceof Number number) {
      double seconds = number.doubleValue();
      if (seconds >= 0 && seconds <= MAX_DATE) {
        return Instant.ofEpochSecond((long) seconds);
      }
    }
    throw BadOidcToken.malformed("must have a date as its " + name + ", has none");
  }
}
