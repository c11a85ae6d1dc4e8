// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an authorization artifact says.
 *
 * @param iss issuer
 * @param sub workload, a SPIFFE ID
 * @param aud Relying Parties that may accept it; exactly one where uses are counted
 * @param iat when it was made
 * @param nbf from when it holds, not before {@code iat}
 * @param exp from when it no longer holds, at most {@link #MAX_LIFETIME} after {@code iat}
 * @param jti its identity
 * @param jkt RFC 7638 thumbprint of its holder's key ({@code cnf.jkt})
 * @param tenant tenant on whose behalf
 * @param act what it permits
 * @param env where it permits it
 * @param policy under which policy it was decided
 * @param gov under whose authority
 * @param lineage where the execution comes from
 * @param status how it can be withdrawn; absent in dev without a status list
 * @param logOrigin the ledger that holds its leaf ({@code log.origin})
 * @param ear the Attestation Result on which the decision rests
 */
public record ArtifactClaims(
    String iss,
    String sub,
    List<String> aud,
    Instant iat,
    Instant nbf,
    Instant exp,
    UuidV7 jti,
    Hash jkt,
    String tenant,
    Act act,
    Environment env,
    PolicyReference policy,
    Governance gov,
    Lineage lineage,
    Optional<StatusReference> status,
    String logOrigin,
    Ear ear) {
  /** Longest time from {@code iat} to {@code exp}. */
  public static final Duration MAX_LIFETIME = Duration.ofHours(1);

  /** Longest claims set accepted, in bytes of JSON. */
  public static final int MAX_BYTES = 24 * 1024;

  /**
   * The claims as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or two do not agree
   */
  public ArtifactClaims {
    // What a request can hold, a permission can hold: the rules are the request's.
    ExecutionRequest request =
        new ExecutionRequest(iss, aud, tenant, sub, act, lineage.parent(), jkt);
    aud = request.aud();
    Require.wholeSecond("iat", iat);
    Require.wholeSecond("nbf", nbf);
    Require.wholeSecond("exp", exp);
    if (nbf.isBefore(iat)) {
      throw new InvalidValueException("nbf", "not before iat " + iat, nbf.toString());
    }
    if (!exp.isAfter(nbf)) {
      throw new InvalidValueException("exp", "after nbf " + nbf, exp.toString());
    }
    if (exp.isAfter(iat.plus(MAX_LIFETIME))) {
      throw new InvalidValueException(
          "exp", "at most " + MAX_LIFETIME + " after iat " + iat, exp.toString());
    }
    Require.visible("log.origin", logOrigin, 256);
  }

  /** The claims that {@code json} spells; members unknown to this format are refused. */
  public static ArtifactClaims parse(byte[] json) throws MalformedArtifactException {
    try {
      JsonMembers members = StrictJson.parse(json, MAX_BYTES);
      ArtifactClaims claims = take(members);
      members.end();
      return claims;
    } catch (MalformedJsonException e) {
      throw new MalformedArtifactException(e);
    } catch (InvalidValueException e) {
      throw new MalformedArtifactException(e);
    }
  }

  private static ArtifactClaims take(JsonMembers json) throws MalformedJsonException {
    JsonMembers cnf = json.object("cnf");
    Hash jkt = cnf.thumbprint("jkt");
    cnf.end();
    JsonMembers log = json.object("log");
    String logOrigin = log.text("origin");
    log.end();
    Optional<JsonMembers> status = json.optionalObject("status");
    return new ArtifactClaims(
        json.text("iss"),
        json.text("sub"),
        json.texts("aud", ExecutionRequest.MAX_AUDIENCE),
        json.seconds("iat"),
        json.seconds("nbf"),
        json.seconds("exp"),
        json.uuid("jti"),
        jkt,
        json.text("tenant"),
        Act.take(json.object("act")),
        Environment.take(json.object("env")),
        PolicyReference.take(json.object("policy")),
        Governance.take(json.object("gov")),
        Lineage.take(json.object("lineage")),
        status.isPresent() ? Optional.of(StatusReference.take(status.get())) : Optional.empty(),
        logOrigin,
        Ear.take(json.object("ear")));
  }

  /** The request that these claims grant, exactly: its digest is in the leaf and in the Evidence. */
  public ExecutionRequest request() {
    return new ExecutionRequest(iss, aud, tenant, sub, act, lineage.parent(), jkt);
  }

  /** The shortest lease among the obligations; absent where there is none. */
  public Optional<Duration> lease() {
    return gov.obligations().stream()
        .map(Obligation::of)
        .filter(Obligation.Lease.class::isInstance)
        .map(obligation -> ((Obligation.Lease) obligation).maxAge())
        .min(Comparator.naturalOrder());
  }

  /** The JWS payload: canonical JSON. */
  public byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("iss", iss);
    map.put("sub", sub);
    map.put("aud", aud);
    map.put("iat", iat.getEpochSecond());
    map.put("nbf", nbf.getEpochSecond());
    map.put("exp", exp.getEpochSecond());
    map.put("jti", jti.toString());
    map.put("cnf", Map.of("jkt", Base64Url.encode(jkt.bytes())));
    map.put("tenant", tenant);
    map.put("act", act.toMap());
    map.put("env", env.toMap());
    map.put("policy", policy.toMap());
    map.put("gov", gov.toMap());
    map.put("lineage", lineage.toMap());
    status.ifPresent(reference -> map.put("status", reference.toMap()));
    map.put("log", Map.of("origin", logOrigin));
    map.put("ear", ear.toMap());
    return Jcs.canonical(map);
  }
}
