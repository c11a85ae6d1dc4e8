// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a trust file says: all that a verifier believes before it reads anything else.
 *
 * @param issuer the issuer believed
 * @param version 1, or one more than the version that introduces it
 * @param previous SHA-256 of the previous version's file; absent exactly in version 1
 * @param assurance what the issuer's Evidence and keys rest on
 * @param keys keys that sign artifacts and status tokens, each believed in its role alone
 * @param logPolicy C2SP tlog-policy text: the log's P-256 key and the witnesses
 * @param status where revocation is published; absent in dev only
 * @param skew how far {@code iat} and {@code nbf} may be ahead of this verifier's clock
 * @param tls SHA-256 of the subject public keys that the issuer's TLS endpoints may show
 * @param policyApprovers who approves policies; absent in dev only
 * @param gateways keys with which gateways sign what they verified
 * @param operators who may introduce the next version
 */
public record TrustContent(
    String issuer,
    long version,
    Optional<Hash> previous,
    Assurance assurance,
    List<TrustedKey> keys,
    String logPolicy,
    Optional<StatusSource> status,
    Duration skew,
    List<Hash> tls,
    Optional<KeyQuorum> policyApprovers,
    List<VerificationKey> gateways,
    KeyQuorum operators) {
  /** What the issuer's Evidence and keys rest on. */
  public enum Assurance implements Wire {
    /** TPMs under vendors' roots and a hardware security module. */
    HARDWARE("hardware"),
    /** Test roots, simulators or software tokens: for trying things out. */
    DEV("dev");

    private final String wire;

    Assurance(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * Where revocation is published.
   *
   * @param uri under which the lists' tokens are: list {@code n} at {@code uri/n}. Without query and
   *     without a slash at its end
   * @param maxAge age at which a token no longer says anything; whole seconds
   */
  public record StatusSource(String uri, Duration maxAge) {
    static final long MAX_AGE_SECONDS = 86_400;

    /** Leaves room for a slash and the ten digits of the largest list number. */
    private static final int MAX_URI = 512 - 11;

    /**
     * The source as given.
     *
     * @throws IllegalArgumentException if a value is outside its bounds
     */
    public StatusSource {
      Require.httpUri("status.uri", uri);
      if (uri.endsWith("/") || uri.indexOf('?') >= 0 || uri.length() > MAX_URI) {
        throw new InvalidValueException(
            "status.uri",
            "at most " + MAX_URI + " characters, without query and without a slash at its end",
            uri);
      }
      Require.wholeSeconds("status.max_age_s", maxAge, 1, MAX_AGE_SECONDS);
    }
  }

  static final int MAX_KEYS = 64;
  static final int MAX_GATEWAYS = 1024;
  static final int MAX_TLS = 16;
  static final int MAX_LOG_POLICY = 32 * 1024;
  static final long MAX_SKEW_SECONDS = 300;

  private static final byte[] SIGNING_LABEL = "writ-trust-v1\0".getBytes(StandardCharsets.US_ASCII);

  /**
   * The content as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds, or one key has two places
   */
  public TrustContent {
    Require.visible("issuer", issuer, 256);
    Require.between("version", version, 1, Require.MAX_EXACT);
    if ((version == 1) != previous.isEmpty()) {
      throw new InvalidValueException(
          "previous", "absent exactly in version 1", "version " + version);
    }
    keys = Require.sized("jwks.keys", keys, 1, MAX_KEYS);
    Require.between("log_policy", logPolicy.length(), 1, MAX_LOG_POLICY);
    Require.wholeSeconds("skew_s", skew, 0, MAX_SKEW_SECONDS);
    tls = Require.distinct("tls", tls, 0, MAX_TLS);
    gateways = Require.sized("gateways", gateways, 0, MAX_GATEWAYS);
    if (assurance != Assurance.DEV) {
      requireOutsideDev("status", status);
      requireOutsideDev("policy_approvers", policyApprovers);
    }
    requireOnePlaceEach(keys, policyApprovers, gateways, operators);
  }

  private static void requireOutsideDev(String field, Optional<?> value) {
    if (value.isEmpty()) {
      throw new InvalidValueException(field, "present where assurance is not dev", "absent");
    }
  }

  private static void requireOnePlaceEach(
      List<TrustedKey> keys,
      Optional<KeyQuorum> policyApprovers,
      List<VerificationKey> gateways,
      KeyQuorum operators) {
    Set<Hash> seen = new HashSet<>();
    keys.forEach(key -> requireUnseen("jwks.keys", key.key(), seen));
    policyApprovers.ifPresent(
        quorum -> quorum.keys().forEach(key -> requireUnseen("policy_approvers.keys", key, seen)));
    gateways.forEach(key -> requireUnseen("gateways", key, seen));
    operators.keys().forEach(key -> requireUnseen("operators.keys", key, seen));
  }

  private static void requireUnseen(String field, VerificationKey key, Set<Hash> seen) {
    if (!seen.add(key.kid())) {
      throw new InvalidValueException(
          field, "keys that stand in one place", Base64Url.encode(key.kid().bytes()) + " in two");
    }
  }

  /** The keys that are believed in {@code role}, whatever their window and state. */
  public List<TrustedKey> keysOf(KeyRole role) {
    return keys.stream().filter(key -> key.role() == role).toList();
  }

  /** The key of this RFC 7638 thumbprint, whatever its role, window and state. */
  public Optional<TrustedKey> trustedKey(Hash kid) {
    return keys.stream().filter(key -> key.key().kid().equals(kid)).findFirst();
  }

  /** The gateway's key of this RFC 7638 thumbprint, if there is one. */
  public Optional<VerificationKey> gateway(Hash kid) {
    return gateways.stream().filter(key -> key.kid().equals(kid)).findFirst();
  }

  /** The same with these approvers of policies; whoever approved before does no more. */
  public TrustContent approvedBy(KeyQuorum approvers) {
    return new TrustContent(
        issuer,
        version,
        previous,
        assurance,
        keys,
        logPolicy,
        status,
        skew,
        tls,
        Optional.of(approvers),
        gateways,
        operators);
  }

  /** The key of this RFC 7638 thumbprint of a policy approver or an operator, if there is one. */
  public Optional<VerificationKey> approverOrOperator(Hash kid) {
    return policyApprovers.flatMap(approvers -> approvers.key(kid)).or(() -> operators.key(kid));
  }

  /** What operators sign: {@code writ-trust-v1 ‖ 0x00 ‖ JCS} of all but the signatures. */
  public byte[] signingInput() {
    byte[] json = Jcs.canonical(toMap());
    byte[] input = new byte[SIGNING_LABEL.length + json.length];
    System.arraycopy(SIGNING_LABEL, 0, input, 0, SIGNING_LABEL.length);
    System.arraycopy(json, 0, input, SIGNING_LABEL.length, json.length);
    return input;
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("issuer", issuer);
    map.put("version", version);
    previous.ifPresent(digest -> map.put("previous", digest));
    map.put("assurance", assurance.wire());
    map.put("jwks", Map.of("keys", keys.stream().map(TrustedKey::toMap).toList()));
    map.put("log_policy", logPolicy);
    status.ifPresent(
        source ->
            map.put(
                "status", Map.of("uri", source.uri(), "max_age_s", source.maxAge().toSeconds())));
    map.put("skew_s", skew.toSeconds());
    map.put("tls", tls);
    policyApprovers.ifPresent(quorum -> map.put("policy_approvers", quorum.toMap()));
    map.put("gateways", gateways.stream().map(VerificationKey::toMap).toList());
    map.put("operators", operators.toMap());
    return map;
  }

  static TrustContent take(JsonMembers json) throws MalformedJsonException {
    json.version();
    JsonMembers jwks = json.object("jwks");
    List<TrustedKey> keys = new ArrayList<>();
    for (JsonMembers jwk : jwks.objects("keys", MAX_KEYS)) {
      keys.add(TrustedKey.take(jwk));
    }
    jwks.end();
    Optional<JsonMembers> approvers = json.optionalObject("policy_approvers");
    return new TrustContent(
        json.text("issuer"),
        json.integer("version", 1, Require.MAX_EXACT),
        json.optionalHash("previous"),
        json.oneOf("assurance", Assurance.values()),
        keys,
        json.text("log_policy"),
        takeStatus(json),
        Duration.ofSeconds(json.integer("skew_s", 0, MAX_SKEW_SECONDS)),
        json.hashes("tls", MAX_TLS),
        approvers.isPresent() ? Optional.of(KeyQuorum.take(approvers.get())) : Optional.empty(),
        KeyQuorum.takeKeys(json, "gateways", MAX_GATEWAYS),
        KeyQuorum.take(json.object("operators")));
  }

  private static Optional<StatusSource> takeStatus(JsonMembers json) throws MalformedJsonException {
    Optional<JsonMembers> members = json.optionalObject("status");
    if (members.isEmpty()) {
      return Optional.empty();
    }
    StatusSource status =
        new StatusSource(
            members.get().text("uri"),
            Duration.ofSeconds(
                members.get().integer("max_age_s", 1, StatusSource.MAX_AGE_SECONDS)));
    members.get().end();
    return Optional.of(status);
  }
}
