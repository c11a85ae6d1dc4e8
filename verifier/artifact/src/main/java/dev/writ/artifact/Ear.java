// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An EAT Attestation Result (draft-ietf-rats-ear) under the working group's names: what the Verifier
 * says of the Evidence. As its receiver's rules demand, claims unknown here are ignored.
 *
 * @param iat when the Evidence was appraised
 * @param verifier who appraised it, and by which software
 * @param submods the appraisal of each part of the Attester, by the part's name; at least one
 * @param nonce the challenge's nonce in base64url ({@code eat_nonce}), where it is echoed
 */
public record Ear(
    Instant iat, VerifierId verifier, Map<String, Appraisal> submods, Optional<String> nonce) {
  /** The profile written, and the only one read. */
  public static final String PROFILE = "tag:ietf.org,2026:rats/ear#03";

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
   */
  public record Appraisal(Tier status, Map<Claim, Integer> vector, List<String> policyIds) {
    static final int MAX_POLICIES = 16;

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
      return new Appraisal(json.oneOf("ear_status", Tier.values()), vector, policies);
    }
  }

  /**
   * The result as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public Ear {
    Require.wholeSecond("ear.iat", iat);
    Require.between("ear.submods", submods.size(), 1, MAX_SUBMODS);
    submods = Map.copyOf(submods);
    submods.keySet().forEach(name -> Require.text("ear.submods", name, 64));
    nonce.ifPresent(Ear::requireNonce);
  }

  /** RFC 9711 section 4.1: in JSON 8 to 88 characters. */
  private static void requireNonce(String nonce) {
    Require.visible("ear.eat_nonce", nonce, 88);
    if (nonce.length() < 8) {
      throw new InvalidValueException("ear.eat_nonce", "8 to 88 characters", nonce);
    }
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("eat_profile", PROFILE);
    map.put("iat", iat.getEpochSecond());
    map.put(
        "ear_verifier_id", Map.of("developer", verifier.developer(), "build", verifier.build()));
    Map<String, Object> parts = new LinkedHashMap<>();
    submods.forEach((name, appraisal) -> parts.put(name, appraisal.toMap()));
    map.put("submods", parts);
    nonce.ifPresent(text -> map.put("eat_nonce", text));
    return map;
  }

  static Ear take(JsonMembers json) throws MalformedJsonException {
    json.constant("eat_profile", PROFILE);
    JsonMembers verifier = json.object("ear_verifier_id");
    Map<String, Appraisal> submods = new LinkedHashMap<>();
    for (Map.Entry<String, JsonMembers> part :
        json.object("submods").allObjects(MAX_SUBMODS).entrySet()) {
      submods.put(part.getKey(), Appraisal.take(part.getValue()));
    }
    return new Ear(
        json.seconds("iat"),
        new VerifierId(verifier.text("developer"), verifier.text("build")),
        submods,
        json.optionalText("eat_nonce"));
  }
}
