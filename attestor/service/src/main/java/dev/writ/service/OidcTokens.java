// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.service.InitiatorsConfig.OidcIssuer;
import dev.writ.tlog.Hash;
import java.security.Provider;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Verifies tokens of identity providers (OpenID Connect Core section 3.1.3.7, under the advice of RFC
 * 8725). The order of the design's denial codes is the order here: form of the header, signature, form of
 * the claims, issuer and audience, time, binding.
 */
final class OidcTokens {
  /** Signatures that are verified. A MAC is none: its key would be the issuer's public one. */
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(JWSAlgorithm.ES256, JWSAlgorithm.RS256, JWSAlgorithm.PS256);

  /** What a token may call itself: a JWT, or an access token (RFC 9068). */
  private static final Set<String> TYPES = Set.of("jwt", "at+jwt");

  /** How far an issuer's clock may be ahead. An end is an end all the same. */
  static final Duration SKEW = Duration.ofSeconds(30);

  private static final int MAX_KID = 256;

  private static final String EMAIL = "email";
  private static final String EMAIL_VERIFIED = "email_verified";

  /** The last second of the year 9999: no date is later. */
  private static final long MAX_DATE = 253_402_300_799L;

  private final Provider signatures;
  private final Map<String, Issuer> issuers = new HashMap<>();

  /** An issuer with its keys. */
  record Issuer(OidcIssuer config, OidcKeys keys) {}

  /** What a token is, as far as it is good. */
  sealed interface Outcome {
    /**
     * It is good.
     *
     * @param initiator who it names
     * @param claim the text of the claim that names it
     * @param boundCertificate of whoever may show it (RFC 8705), where it names one
     */
    record Good(Initiator initiator, String claim, Optional<Hash> boundCertificate)
        implements Outcome {}

    /** It is not. */
    record Denied(Denial denial) implements Outcome {}
  }

  /** Why a token is not good; its message names claims and no value of one. */
  private static final class BadToken extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Denial denial;

    private BadToken(Denial denial) {
      super(denial.message());
      this.denial = denial;
    }

    private BadToken(DenialCode code, String reason, String message) {
      this(new Denial(code, reason, "the initiator's token " + message));
    }
  }

  /**
   * Those of these issuers.
   *
   * @param signatures verifies ECDSA
   */
  OidcTokens(List<Issuer> issuers, Provider signatures) {
    this.signatures = signatures;
    issuers.forEach(issuer -> this.issuers.put(issuer.config().issuer(), issuer));
  }

  /** Whether a token's key is one that its issuer may have, and is not there. */
  boolean lacksKey(InitiatorToken token) {
    try {
      JWSObject jws = parse(token);
      return !(issuer(claims(jws)).keys().find(kid(jws.getHeader()), jws.getHeader().getAlgorithm())
          instanceof OidcKeys.Found.Key);
    } catch (BadToken e) {
      return false;
    }
  }

  /** Completes once the keys that a token needs were looked for. */
  CompletionStage<Void> ready(InitiatorToken token) {
    try {
      JWSObject jws = parse(token);
      return issuer(claims(jws)).keys().ready(kid(jws.getHeader()), jws.getHeader().getAlgorithm());
    } catch (BadToken e) {
      // It is denied when it is judged.
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Whether a token names somebody, for this request, now. */
  Outcome judge(InitiatorToken token, ExecutionRequest request, Instant now) {
    try {
      return good(token, request, now);
    } catch (BadToken e) {
      return new Outcome.Denied(e.denial);
    }
  }

  private Outcome good(InitiatorToken token, ExecutionRequest request, Instant now)
      throws BadToken {
    JWSObject jws = parse(token);
    Map<String, Object> claims = claims(jws);
    Issuer issuer = issuer(claims);
    String kid = kid(jws.getHeader());
    verify(jws, issuer, kid);
    requireAudience(claims, issuer.config());
    Instant issued = date(claims, "iat");
    Instant ends = date(claims, "exp");
    requireTime(claims, issued, ends, issuer.config(), now);
    boolean forThisRequest = requireNonce(claims, issuer.config(), request);
    Optional<Hash> certificate = confirmed(claims, request);
    String claim = text(claims, issuer.config().subjectClaim(), "initiator_claim_unfit");
    requireVerified(claims, issuer.config());
    String name =
        Initiator.name("oidc:" + issuer.config().name() + ":", claim)
            .orElseThrow(
                () ->
                    malformed(
                        "initiator_claim_unfit",
                        "must have a claim "
                            + issuer.config().subjectClaim()
                            + " that makes a name of at most "
                            + Initiator.MAX_NAME
                            + " characters, has another"));
    return new Outcome.Good(
        new Initiator(
            name,
            List.of(
                new Initiator.Proof.Token(
                    issuer.config().issuer(), kid, token.digest(), issued, ends, forThisRequest))),
        claim,
        certificate);
  }

  private static BadToken malformed(String reason, String message) {
    return new BadToken(DenialCode.UNVERIFIABLE, reason, message);
  }

  private static BadToken malformed(String message) {
    return malformed("initiator_token_malformed", message);
  }

  /** A header that this understands whole. What it says of keys is not looked at. */
  private static JWSObject parse(InitiatorToken token) throws BadToken {
    JWSObject jws;
    try {
      jws = JWSObject.parse(token.compact());
    } catch (ParseException e) {
      throw malformed("must be a signed JWT in compact serialization, is not");
    }
    JWSHeader header = jws.getHeader();
    if (!ALGORITHMS.contains(header.getAlgorithm())) {
      throw malformed(
          "initiator_alg_not_allowed", "must be signed by ES256, RS256 or PS256, is by another");
    }
    if (header.getCriticalParams() != null) {
      throw malformed("must have no crit in its header, has one");
    }
    JOSEObjectType type = header.getType();
    if (type != null && !TYPES.contains(type.getType().toLowerCase(Locale.ROOT))) {
      throw malformed("must be of typ JWT or at+jwt or of none, is of another");
    }
    return jws;
  }

  private static String kid(JWSHeader header) throws BadToken {
    String kid = header.getKeyID();
    if (kid == null || kid.isEmpty() || kid.length() > MAX_KID) {
      throw malformed("must have a kid of 1 to " + MAX_KID + " characters, has none such");
    }
    return kid;
  }

  private static Map<String, Object> claims(JWSObject jws) throws BadToken {
    Map<String, Object> claims = jws.getPayload().toJSONObject();
    if (claims == null) {
      throw malformed("must have a JSON object as its payload, has another");
    }
    return claims;
  }

  /** Whoever the token says it is of: that says no more than whose keys verify it. */
  private Issuer issuer(Map<String, Object> claims) throws BadToken {
    Issuer issuer = issuers.get(text(claims, "iss", "initiator_token_malformed"));
    if (issuer == null) {
      throw new BadToken(
          DenialCode.SCOPE_EXCEEDED,
          "initiator_issuer_unknown",
          "must be of an issuer in initiators.oidc, is of another");
    }
    return issuer;
  }

  private void verify(JWSObject jws, Issuer issuer, String kid) throws BadToken {
    OidcKeys.Found found = issuer.keys().find(kid, jws.getHeader().getAlgorithm());
    if (found instanceof OidcKeys.Found.Unavailable) {
      throw new BadToken(
          Denial.unavailable(
              "initiator_keys_unavailable",
              "the keys of the issuer "
                  + issuer.config().name()
                  + " must be had to verify the initiator's token, and are not; the log says why"));
    }
    if (!(found instanceof OidcKeys.Found.Key known)) {
      throw new BadToken(
          DenialCode.SIGNATURE_INVALID,
          "initiator_key_unknown",
          "must be signed by a key that its issuer publishes for this alg, is by another; where the"
              + " issuer has only just begun to use it, ask again in some seconds");
    }
    try {
      if (jws.verify(verifier(known.key()))) {
        return;
      }
    } catch (JOSEException e) {
      // As one that does not hold.
    }
    throw new BadToken(
        DenialCode.SIGNATURE_INVALID,
        "initiator_signature_invalid",
        "must have a signature that its key verifies, has another");
  }

  private JWSVerifier verifier(JWK key) throws JOSEException {
    if (key instanceof ECKey ec) {
      ECDSAVerifier verifier = new ECDSAVerifier(ec.toECPublicKey());
      verifier.getJCAContext().setProvider(signatures);
      return verifier;
    }
    return new RSASSAVerifier(((RSAKey) key).toRSAPublicKey());
  }

  private static void requireAudience(Map<String, Object> claims, OidcIssuer issuer)
      throws BadToken {
    Object aud = claims.get("aud");
    boolean meant =
        aud instanceof List<?> several
            ? several.contains(issuer.audience())
            : issuer.audience().equals(aud);
    if (!meant) {
      throw new BadToken(
          DenialCode.SCOPE_EXCEEDED,
          "initiator_audience_mismatch",
          "must be for the audience of initiators.oidc, is for another");
    }
  }

  private static void requireTime(
      Map<String, Object> claims, Instant issued, Instant ends, OidcIssuer issuer, Instant now)
      throws BadToken {
    Instant latest = now.plus(SKEW);
    if (issued.isAfter(latest)
        || (claims.containsKey("nbf") && date(claims, "nbf").isAfter(latest))) {
      throw new BadToken(
          DenialCode.NOT_YET_VALID,
          "initiator_token_not_yet_valid",
          "must have begun, and begins later; are both clocks right?");
    }
    if (!now.isBefore(ends)) {
      throw new BadToken(
          DenialCode.EXPIRED, "initiator_token_expired", "must not have ended, and has");
    }
    if (issued.plus(issuer.maxAge()).isBefore(now)) {
      throw new BadToken(
          DenialCode.EXPIRED,
          "initiator_token_too_old",
          "must be at most " + issuer.maxAge().toSeconds() + " s old, is older; get a new one");
    }
  }

  /** Whether it is for this request alone. */
  private static boolean requireNonce(
      Map<String, Object> claims, OidcIssuer issuer, ExecutionRequest request) throws BadToken {
    Object nonce = claims.get("nonce");
    if (nonce == null) {
      if (issuer.requireNonce()) {
        throw new BadToken(
            DenialCode.ENVIRONMENT_MISMATCH,
            "initiator_nonce_missing",
            "must be made for this request, with its digest as nonce, and has no nonce");
      }
      return false;
    }
    if (!InitiatorToken.nonceFor(request).equals(nonce)) {
      throw new BadToken(
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
  private static Optional<Hash> confirmed(Map<String, Object> claims, ExecutionRequest request)
      throws BadToken {
    if (!claims.containsKey("cnf")) {
      return Optional.empty();
    }
    Map<?, ?> cnf = claims.get("cnf") instanceof Map<?, ?> map ? map : Map.of();
    @Nullable Object jkt = cnf.get("jkt");
    @Nullable Object certificate = cnf.get("x5t#S256");
    if (cnf.size() != 1 || (jkt == null && certificate == null)) {
      throw malformed("must have jkt or x5t#S256 alone in its cnf, has others");
    }
    if (certificate != null) {
      return Optional.of(thumbprint(certificate));
    }
    if (!thumbprint(jkt).equals(request.jkt())) {
      throw new BadToken(
          DenialCode.ENVIRONMENT_MISMATCH,
          "initiator_confirmation_mismatch",
          "must be bound to the request's key where it is bound to one, is to another's");
    }
    return Optional.empty();
  }

  private static Hash thumbprint(@Nullable Object value) throws BadToken {
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
    throw malformed("must have a SHA-256 thumbprint in its cnf, has another value");
  }

  /** An address that its issuer did not verify is whatever its owner wrote (OpenID Connect Core, 5.1). */
  private static void requireVerified(Map<String, Object> claims, OidcIssuer issuer)
      throws BadToken {
    if (issuer.subjectClaim().equals(EMAIL) && !Boolean.TRUE.equals(claims.get(EMAIL_VERIFIED))) {
      throw malformed(
          "initiator_email_unverified",
          "must have " + EMAIL_VERIFIED + " true where its email names the initiator, has not");
    }
  }

  private static String text(Map<String, Object> claims, String name, String reason)
      throws BadToken {
    if (claims.get(name) instanceof String text && !text.isEmpty()) {
      return text;
    }
    throw malformed(reason, "must have text as its " + name + ", has none");
  }

  /** A NumericDate (RFC 7519 section 2), to the second. */
  private static Instant date(Map<String, Object> claims, String name) throws BadToken {
    if (claims.get(name) instanceof Number number) {
      double seconds = number.doubleValue();
      if (seconds >= 0 && seconds <= MAX_DATE) {
        return Instant.ofEpochSecond((long) seconds);
      }
    }
    throw malformed("must have a date as its " + name + ", has none");
  }
}
