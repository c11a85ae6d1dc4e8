// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An EAT Attestation Result (draft-ietf-rats-ear-03) under the working group's names: what the Verifier
 * says of the Evidence. As its receiver's rules demand, claims unknown here are ignored.
 *
 * @param iss who says it; absent inside an artifact, which names its own
 * @param iat when the Evidence was appraised
 * @param exp from when it must not be relied on; absent where nobody set an end
 * @param verifier who appraised it, and by which software
 * @param submods the appraisal of each part of the Attester, by the part's name; at least one
 * @param nonce of whoever asked for this result ({@code eat_nonce}), in base64url; that of the Evidence
 *     is the {@linkplain Appraisal#nonce appraisal's}
 */
public record Ear(
    Optional<String> iss,
    Instant iat,
    Optional<Instant> exp,
    VerifierId verifier,
    Map<String, Appraisal> submods,
    Optional<String> nonce) {
  /** The profile written, and the only one read. */
  public static final String PROFILE = "tag:ietf.org,2026:rats/ear#03";

  /** Longest claims set read by itself, in bytes of JSON. */
  public static final int MAX_BYTES = 96 * 1024;

  static final int MAX_SUBMODS = 16;

  /**
   * The verifier's software.
   *
   * @param developer who makes it
   * @param build which version of it ran
   */
  public record VerifierId(String developer, String build) {
    /**
     * The identity as given.
     *
     * @throws IllegalArgumentException if a value is empty or too long
     */
    public VerifierId {
      Require.text("ear.ear_verifier_id.developer", developer, 256);
      Require.text("ear.ear_verifier_id.build", build, 256);
    }
  }

  /** The tiers of AR4SI section 3.2, most trusted first after {@link #NONE}. */
  public enum Tier implements Wire {
    /** No claim is made. */
    NONE("none", 0),
    /** The Verifier affirms. */
    AFFIRMING("affirming", 2),
    /** The Verifier warns. */
    WARNING("warning", 32),
    /** The Verifier advises against trust. */
    CONTRAINDICATED("contraindicated", 96);

    private final String wire;
    private final int claim;

    Tier(String wire, int claim) {
      this.wire = wire;
      this.claim = claim;
    }

    /** The tier's smallest claim value, which stands for it in a vector. */
    public int claim() {
      return claim;
    }

    @Override
    public String wire() {
      return wire;
    }

    /** The tier in which AR4SI section 2.3.1 puts a claim's value. */
    public static Tier ofClaim(int claim) {
      if (claim >= -1 && claim <= 1) {
        return NONE;
      } else if (claim >= -32 && claim <= 31) {
        return AFFIRMING;
      }
      return claim >= -96 && claim <= 95 ? WARNING : CONTRAINDICATED;
    }

    private boolean isBetterThan(Tier other) {
      return claim < other.claim && other.claim > AFFIRMING.claim;
    }
  }

  /** The eight claims of an AR4SI trustworthiness vector. */
  public enum Claim implements Wire {
    /** Is the Attester whom it says it is? */
    INSTANCE_IDENTITY("instance-identity"),
    /** How is it configured? */
    CONFIGURATION("configuration"),
    /** Which software was loaded? */
    EXECUTABLES("executables"),
    /** What is in its file system? */
    FILE_SYSTEM("file-system"),
    /** Is the hardware genuine? */
    HARDWARE("hardware"),
    /** Is its memory hidden from outside? */
    RUNTIME_OPAQUE("runtime-opaque"),
    /** Is its storage hidden from outside? */
    STORAGE_OPAQUE("storage-opaque"),
    /** Is the data from outside trustworthy? */
    SOURCED_DATA("sourced-data");

    private final String wire;

    Claim(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  /**
   * The appraisal of one part of the Attester.
   *
   * @param status the tier as a whole, never better than the worst claim of the vector
   * @param vector a claim's value, -128 to 127, for each claim that was judged; may be empty
   * @param policyIds the appraisal policies that were applied; may be empty
   * @param nonce the nonce that the Evidence answered ({@code eat_nonce}), in base64url
   * @param rules what was judged, rule by rule ({@code ear_writ_appraisal}, a private claim)
   * @param subject of which host and decision it is ({@code ear_writ_subject}, a private claim); absent
   *     inside an artifact, which says so itself
   */
  public record Appraisal(
      Tier status,
      Map<Claim, Integer> vector,
      List<String> policyIds,
      Optional<String> nonce,
      Optional<AppraisedRules> rules,
      Optional<AppraisedSubject> subject) {
    static final int MAX_POLICIES = 16;

    /** One that names neither its nonce nor its rules. */
    public Appraisal(Tier status, Map<Claim, Integer> vector, List<String> policyIds) {
      this(status, vector, policyIds, Optional.empty(), Optional.empty());
    }

    /** One that does not name its subject. */
    public Appraisal(
        Tier status,
        Map<Claim, Integer> vector,
        List<String> policyIds,
        Optional<String> nonce,
        Optional<AppraisedRules> rules) {
      this(status, vector, policyIds, nonce, rules, Optional.empty());
    }

    /**
     * The appraisal as given.
     *
     * @throws IllegalArgumentException if the status is better than a claim of the vector
     */
    public Appraisal {
      vector = Map.copyOf(vector);
      for (Map.Entry<Claim, Integer> claim : vector.entrySet()) {
        String field = "ear.submods.ear_trustworthiness_vector." + claim.getKey().wire();
        Require.between(field, claim.getValue(), -128, 127);
        Tier tier = Tier.ofClaim(claim.getValue());
        if (status.isBetterThan(tier)) {
          throw new InvalidValueException(
              "ear.submods.ear_status", "no better than " + field, status.wire());
        }
      }
      policyIds =
          Require.distinct("ear.submods.ear_appraisal_policy_ids", policyIds, 0, MAX_POLICIES);
      for (String policy : policyIds) {
        Require.text("ear.submods.ear_appraisal_policy_ids", policy, 512);
      }
      nonce.ifPresent(text -> requireNonce("ear.submods.eat_nonce", text));
    }

    private Map<String, Object> toMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("ear_status", status.wire());
      if (!vector.isEmpty()) {
        Map<String, Object> claims = new LinkedHashMap<>();
        vector.forEach((claim, value) -> claims.put(claim.wire(), value));
        map.put("ear_trustworthiness_vector", claims);
      }
      if (!policyIds.isEmpty()) {
        map.put("ear_appraisal_policy_ids", policyIds);
      }
      nonce.ifPresent(text -> map.put("eat_nonce", text));
      rules.ifPresent(all -> map.put(AppraisedRules.CLAIM, all.toMap()));
      subject.ifPresent(whose -> map.put(AppraisedSubject.CLAIM, whose.toMap()));
      return map;
    }

    private static Appraisal take(JsonMembers json) throws MalformedJsonException {
      Map<Claim, Integer> vector = new EnumMap<>(Claim.class);
      if (json.has("ear_trustworthiness_vector")) {
        JsonMembers claims = json.object("ear_trustworthiness_vector");
        for (Claim claim : Claim.values()) {
          if (claims.has(claim.wire())) {
            vector.put(claim, (int) claims.integer(claim.wire(), -128, 127));
          }
        }
      }
      List<String> policies =
          json.has("ear_appraisal_policy_ids")
              ? json.texts("ear_appraisal_policy_ids", MAX_POLICIES)
              : List.of();
      Optional<JsonMembers> rules = json.optionalObject(AppraisedRules.CLAIM);
      Optional<JsonMembers> subject = json.optionalObject(AppraisedSubject.CLAIM);
      return new Appraisal(
          json.oneOf("ear_status", Tier.values()),
          vector,
          policies,
          json.optionalText("eat_nonce"),
          rules.isPresent() ? Optional.of(AppraisedRules.take(rules.get())) : Optional.empty(),
          subject.isPresent()
              ? Optional.of(AppraisedSubject.take(subject.get()))
              : Optional.empty());
    }

    private Appraisal of(AppraisedSubject whose) {
      return new Appraisal(status, vector, policyIds, nonce, rules, Optional.of(whose));
    }

    private Appraisal embedded() {
      return new Appraisal(status, vector, policyIds, nonce, Optional.empty());
    }
  }

  /**
   * The result as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public Ear {
    iss.ifPresent(issuer -> Require.visible("ear.iss", issuer, 256));
    Require.wholeSecond("ear.iat", iat);
    exp.ifPresent(end -> requireEnd(end, iat));
    Require.between("ear.submods", submods.size(), 1, MAX_SUBMODS);
    submods = Map.copyOf(submods);
    submods.keySet().forEach(name -> Require.text("ear.submods", name, 64));
    nonce.ifPresent(text -> requireNonce("ear.eat_nonce", text));
  }

  /** One without an issuer's name or an end. */
  public Ear(
      Instant iat, VerifierId verifier, Map<String, Appraisal> submods, Optional<String> nonce) {
    this(Optional.empty(), iat, Optional.empty(), verifier, submods, nonce);
  }

  private static void requireEnd(Instant exp, Instant iat) {
    Require.wholeSecond("ear.exp", exp);
    if (!exp.isAfter(iat)) {
      throw new InvalidValueException("ear.exp", "after iat " + iat, exp.toString());
    }
  }

  /** RFC 9711 section 4.1: in JSON 8 to 88 characters. */
  private static void requireNonce(String field, String nonce) {
    Require.visible(field, nonce, 88);
    if (nonce.length() < 8) {
      throw new InvalidValueException(field, "8 to 88 characters", nonce);
    }
  }

  /** The claims set that {@code json} spells. */
  public static Ear parse(byte[] json) throws MalformedAttestationResultException {
    try {
      return take(StrictJson.parse(json, MAX_BYTES));
    } catch (MalformedJsonException e) {
      throw new MalformedAttestationResultException(e);
    } catch (InvalidValueException e) {
      throw new MalformedAttestationResultException(e);
    }
  }

  /** Canonical JSON. */
  public byte[] toJson() {
    return Jcs.canonical(toMap());
  }

  /** The same with this end. */
  public Ear until(Instant end) {
    return new Ear(iss, iat, Optional.of(end), verifier, submods, nonce);
  }

  /**
   * The same as it is said by itself: by whom, and of which host and decision.
   *
   * @param issuer who says it
   * @param subject of whom each of its appraisals is
   */
  public Ear by(String issuer, AppraisedSubject subject) {
    Map<String, Appraisal> parts = new LinkedHashMap<>();
    submods.forEach((name, part) -> parts.put(name, part.of(subject)));
    return new Ear(Optional.of(issuer), iat, exp, verifier, parts, nonce);
  }

  /**
   * The same as an artifact holds it: without the rules, for which it has no room, and without issuer,
   * end and subject, which are its own.
   */
  public Ear embedded() {
    Map<String, Appraisal> parts = new LinkedHashMap<>();
    submods.forEach((name, part) -> parts.put(name, part.embedded()));
    return new Ear(iat, verifier, parts, nonce);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("eat_profile", PROFILE);
    iss.ifPresent(issuer -> map.put("iss", issuer));
    map.put("iat", iat.getEpochSecond());
    exp.ifPresent(end -> map.put("exp", end.getEpochSecond()));
    map.put(
        "ear_verifier_id", Map.of("developer", verifier.developer(), "build", verifier.build()));
    Map<String, Object> parts = new LinkedHashMap<>();
    submods.forEach((name, appraisal) -> parts.put(name, appraisal.toMap()));
    map.put("submods", parts);
    nonce.ifPresent(text -> map.put("eat_nonce", text));
    return map;
  }

  /** The claims set in a document; unknown claims are left. */
  public static Ear take(JsonMembers json) throws MalformedJsonException {
    json.constant("eat_profile", PROFILE);
    JsonMembers verifier = json.object("ear_verifier_id");
    Map<String, Appraisal> submods = new LinkedHashMap<>();
    for (Map.Entry<String, JsonMembers> part :
        json.object("submods").allObjects(MAX_SUBMODS).entrySet()) {
      submods.put(part.getKey(), Appraisal.take(part.getValue()));
    }
    return new Ear(
        json.optionalText("iss"),
        json.seconds("iat"),
        json.has("exp") ? Optional.of(json.seconds("exp")) : Optional.empty(),
        new VerifierId(verifier.text("developer"), verifier.text("build")),
        submods,
        json.optionalText("eat_nonce"));
  }
}
