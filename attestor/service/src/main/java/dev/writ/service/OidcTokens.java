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
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

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

  private static final int MAX_KID = 256;

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
      return !(issuer(OidcClaims.of(jws))
              .keys()
              .find(kid(jws.getHeader()), jws.getHeader().getAlgorithm())
          instanceof OidcKeys.Found.Key);
    } catch (BadOidcToken e) {
      return false;
    }
  }

  /** Completes once the keys that a token needs were looked for. */
  CompletionStage<Void> ready(InitiatorToken token) {
    try {
      JWSObject jws = parse(token);
      return issuer(OidcClaims.of(jws))
          .keys()
          .ready(kid(jws.getHeader()), jws.getHeader().getAlgorithm());
    } catch (BadOidcToken e) {
      // It is denied when it is judged.
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Whether a token names somebody, for this request, now. */
  Outcome judge(InitiatorToken token, ExecutionRequest request, Instant now) {
    try {
      return good(token, request, now);
    } catch (BadOidcToken e) {
      return new Outcome.Denied(e.denial());
    }
  }

  private Outcome good(InitiatorToken token, ExecutionRequest request, Instant now)
      throws BadOidcToken {
    JWSObject jws = parse(token);
    OidcClaims claims = OidcClaims.of(jws);
    Issuer issuer = issuer(claims);
    String kid = kid(jws.getHeader());
    verify(jws, issuer, kid);
    claims.requireAudience(issuer.config());
    Instant issued = claims.date("iat");
    Instant ends = claims.date("exp");
    claims.requireTime(issued, ends, issuer.config(), now);
    boolean forThisRequest = claims.requireNonce(issuer.config(), request);
    Optional<Hash> certificate = claims.confirmed(request);
    String claim = claims.text(issuer.config().subjectClaim(), "initiator_claim_unfit");
    claims.requireVerified(issuer.config());
    String name =
        Initiator.name("oidc:" + issuer.config().name() + ":", claim)
            .orElseThrow(
                () ->
                    BadOidcToken.malformed(
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

  /** A header that this understands whole. What it says of keys is not looked at. */
  private static JWSObject parse(InitiatorToken token) throws BadOidcToken {
    JWSObject jws;
    try {
      jws = JWSObject.parse(token.compact());
    } catch (ParseException e) {
      throw BadOidcToken.malformed("must be a signed JWT in compact serialization, is not");
    }
    JWSHeader header = jws.getHeader();
    if (!ALGORITHMS.contains(header.getAlgorithm())) {
      throw BadOidcToken.malformed(
          "initiator_alg_not_allowed", "must be signed by ES256, RS256 or PS256, is by another");
    }
    if (header.getCriticalParams() != null) {
      throw BadOidcToken.malformed("must have no crit in its header, has one");
    }
    JOSEObjectType type = header.getType();
    if (type != null && !TYPES.contains(type.getType().toLowerCase(Locale.ROOT))) {
      throw BadOidcToken.malformed("must be of typ JWT or at+jwt or of none, is of another");
    }
    return jws;
  }

  private static String kid(JWSHeader header) throws BadOidcToken {
    String kid = header.getKeyID();
    if (kid == null || kid.isEmpty() || kid.length() > MAX_KID) {
      throw BadOidcToken.malformed(
          "must have a kid of 1 to " + MAX_KID + " characters, has none such");
    }
    return kid;
  }

  /** Whoever the token says it is of: that says no more than whose keys verify it. */
  private Issuer issuer(OidcClaims claims) throws BadOidcToken {
    Issuer issuer = issuers.get(claims.text("iss", BadOidcToken.MALFORMED));
    if (issuer == null) {
      throw new BadOidcToken(
          DenialCode.SCOPE_EXCEEDED,
          "initiator_issuer_unknown",
          "must be of an issuer in initiators.oidc, is of another");
    }
    return issuer;
  }

  private void verify(JWSObject jws, Issuer issuer, String kid) throws BadOidcToken {
    OidcKeys.Found found = issuer.keys().find(kid, jws.getHeader().getAlgorithm());
    if (found instanceof OidcKeys.Found.Unavailable) {
      throw new BadOidcToken(
          Denial.unavailable(
              "initiator_keys_unavailable",
              "the keys of the issuer "
                  + issuer.config().name()
                  + " must be had to verify the initiator's token, and are not; the log says why"));
    }
    if (!(found instanceof OidcKeys.Found.Key known)) {
      throw new BadOidcToken(
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
    throw new BadOidcToken(
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
}
