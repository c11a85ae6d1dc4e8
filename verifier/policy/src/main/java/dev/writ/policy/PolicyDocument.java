// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A policy document that has the form of {@link dev.writ.policy}; whether its rules compile is
 * judged by {@link Policy#compile}.
 *
 * <p>Nothing here says that anyone signed it: that is the business of whoever loads it.
 */
public final class PolicyDocument {
  /** The member {@code type} of every document of this format; also the label of its digest. */
  public static final String TYPE = "writ-policy-v1";

  /** The longest life of an artifact that a document can say. */
  public static final Duration LONGEST_LIFETIME = Duration.ofSeconds(PolicyReader.MAX_LIFETIME_S);

  /** In place of tenants: the document is for every tenant. */
  public static final String ANY_TENANT = "*";

  private final String canonical;
  private final PolicyDigest digest;
  private final PolicyReader members;

  private PolicyDocument(Json json, PolicyReader members) {
    this.canonical = CanonicalJson.of(json);
    this.digest = PolicyDigest.of(TYPE, canonical.getBytes(StandardCharsets.UTF_8));
    this.members = members;
  }

  /**
   * The document that {@code bytes} spell.
   *
   * @throws MalformedPolicyException if they are not a document of the format
   */
  public static PolicyDocument parse(byte[] bytes) throws MalformedPolicyException {
    return of(StrictJson.read(bytes));
  }

  /**
   * The document that an author's file spells, in JSON or YAML; {@link #canonical} of both is the
   * same.
   *
   * @throws MalformedPolicyException if it is not a document of the format
   */
  public static PolicyDocument parseAuthored(byte[] bytes) throws MalformedPolicyException {
    return of(readAuthored(bytes));
  }

  /** JSON where the first character that is no blank is a brace, else YAML. */
  static Json readAuthored(byte[] bytes) throws MalformedPolicyException {
    for (byte b : bytes) {
      if (b != ' ' && b != '\t' && b != '\r' && b != '\n') {
        return b == '{' ? StrictJson.read(bytes) : StrictYaml.read(bytes);
      }
    }
    return StrictYaml.read(bytes);
  }

  static PolicyDocument of(Json json) throws MalformedPolicyException {
    return new PolicyDocument(json, new PolicyReader(Members.of(json)));
  }

  /** {@code SHA-256("writ-policy-v1" ‖ 0x00 ‖ SHA-256(JCS))}. */
  public PolicyDigest digest() {
    return digest;
  }

  /** The document as canonical JSON (RFC 8785): what is signed and kept. */
  public byte[] canonical() {
    return canonical.getBytes(StandardCharsets.UTF_8);
  }

  /** The policy's name, the same in all its versions. */
  public String id() {
    return members.id;
  }

  /** The version, from 1; each differs from the one before by 1. */
  public int version() {
    return members.version;
  }

  /** The digest of the version before; absent in version 1 only. */
  public Optional<PolicyDigest> previous() {
    return members.previous;
  }

  /**
   * Who wrote the document. Where it is signed, the RFC 7638 thumbprint of the author's key, who signs it
   * too and does not count among those who approve it.
   */
  public String author() {
    return members.author;
  }

  /** What the policy is for, to its reader. */
  public String description() {
    return members.description;
  }

  /** From when it is in force. */
  public Instant effectiveFrom() {
    return members.effectiveFrom;
  }

  /** From when it is in force no more. */
  public Instant expires() {
    return members.expires;
  }

  /** The tenants it is for, or {@link #ANY_TENANT} alone. */
  public Set<String> targets() {
    return members.targets;
  }

  /** How long an artifact issued under it lives. */
  public Duration lifetime() {
    return members.lifetime;
  }

  /** Whether artifacts that were issued under earlier documents end when it comes into force. */
  public boolean endsEarlierArtifacts() {
    return members.endsEarlierArtifacts;
  }

  /** All reference values, in document order. */
  public List<ReferenceSet> referenceSets() {
    return members.referenceSets;
  }

  /**
   * The reference values by which {@code host} is judged: the set that names it, else the one for
   * every host, else none. A host with none can match nothing.
   */
  public Optional<ReferenceSet> referenceSetFor(String host) {
    return members.referenceSet(host).or(() -> members.referenceSet(ReferenceSet.ANY_HOST));
  }

  /** The {@linkplain LoaderVariables loader variables} that an execution may be given. */
  public Set<String> loaderVariables() {
    return members.loaderVariables;
  }

  /** The rules, in document order. */
  public List<Rule> rules() {
    return members.rules;
  }

  /** Whose approval a request may need, and how many; absent if none ever does. */
  public Optional<Approvals> approvals() {
    return members.approvals;
  }

  /** Who may break the glass; absent if nobody may. */
  public Optional<Breakglass> breakglass() {
    return members.breakglass;
  }

  /** How many artifacts may stand above one that is issued under others; 0: none is. */
  public int maxDelegationDepth() {
    return members.maxDelegationDepth;
  }

  /** What may be asked without Evidence; nothing where it is empty. */
  public List<AnswerableQuestions> questions() {
    return members.questions;
  }

  /**
   * How old an attestation may become while what it permitted holds; absent where an artifact's lifetime is
   * all that ends it.
   */
  public Optional<Duration> lease() {
    return members.lease;
  }

  /** The document's own tests; {@link PolicyTests} runs them. */
  public List<Example> tests() {
    return members.tests;
  }

  /** Starts a document that differs from this one in some members. */
  public PolicyRevision revise() throws MalformedPolicyException {
    return new PolicyRevision(canonical(), digest, version());
  }

  Constants constants() {
    return members.constants;
  }

  /** The place of rule number {@code index}'s expression, for a message about it. */
  Json.Place expressionPlace(int index) {
    return members.expressionPlaces.get(index);
  }

  @Override
  public String toString() {
    return id() + " version " + version() + " " + digest;
  }
}
