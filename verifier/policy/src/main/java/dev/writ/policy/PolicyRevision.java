// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes a document out of another, member by member: fills a template's reference values, or writes
 * the next version.
 *
 * <p>{@link #build} parses what was put together, so nothing comes out that {@link
 * PolicyDocument#parse} would refuse.
 */
public final class PolicyRevision {
  private final PolicyDigest digest;
  private final int version;

  /** Top-level members as canonical JSON. */
  private final SortedMap<String, String> members = new TreeMap<>();

  /** Constants as canonical JSON. */
  private final SortedMap<String, String> constants = new TreeMap<>();

  PolicyRevision(byte[] canonical, PolicyDigest digest, int version)
      throws MalformedPolicyException {
    this.digest = digest;
    this.version = version;
    Members document = Members.of(StrictJson.read(canonical));
    for (String name : document.names()) {
      members.put(name, CanonicalJson.of(document.required(name)));
    }
    if (document.optional("constants").isPresent()) {
      Members named = Members.of(document.required("constants"));
      for (String name : named.names()) {
        constants.put(name, CanonicalJson.of(named.required(name)));
      }
    }
  }

  /** The version after the document this started from; that one ended artifacts says nothing of it. */
  @CanIgnoreReturnValue
  public PolicyRevision nextVersion() {
    members.remove("ends_earlier_artifacts");
    members.put("version", new CanonicalJson().integer(version + 1L).toString());
    members.put("previous", new CanonicalJson().text(digest.hex()).toString());
    return this;
  }

  /** From when until when it is in force, in whole seconds. */
  @CanIgnoreReturnValue
  public PolicyRevision inForce(Instant effectiveFrom, Instant expires) {
    members.put("effective_from", time(effectiveFrom));
    members.put("expires", time(expires));
    return this;
  }

  /** Who wrote it. */
  @CanIgnoreReturnValue
  public PolicyRevision author(String author) {
    members.put("author", new CanonicalJson().text(author).toString());
    return this;
  }

  /** That artifacts that were issued under earlier documents end with it. */
  @CanIgnoreReturnValue
  public PolicyRevision endsEarlierArtifacts() {
    members.put("ends_earlier_artifacts", new CanonicalJson().bool(true).toString());
    return this;
  }

  /** How long an artifact lives, in whole seconds. */
  @CanIgnoreReturnValue
  public PolicyRevision lifetime(Duration lifetime) {
    members.put("lifetime_s", new CanonicalJson().integer(lifetime.toSeconds()).toString());
    return this;
  }

  /** How many artifacts may stand above one that is issued under others, at least 1. */
  @CanIgnoreReturnValue
  public PolicyRevision delegation(int maxDepth) {
    members.put(
        "delegation",
        new CanonicalJson()
            .beginObject()
            .name("max_depth")
            .integer(maxDepth)
            .endObject()
            .toString());
    return this;
  }

  /** How old an attestation may become while what it permitted holds, in whole seconds. */
  @CanIgnoreReturnValue
  public PolicyRevision lease(Duration maxAge) {
    members.put(
        "lease",
        new CanonicalJson()
            .beginObject()
            .name("max_age_s")
            .integer(maxAge.toSeconds())
            .endObject()
            .toString());
    return this;
  }

  /** The reference values, instead of all that were there. */
  @CanIgnoreReturnValue
  public PolicyRevision referenceSets(List<ReferenceSet> sets) {
    CanonicalJson out = new CanonicalJson().beginArray();
    sets.forEach(set -> set.write(out));
    members.put("reference_values", out.endArray().toString());
    return this;
  }

  /** The loader variables that an execution may be given, instead of all that were listed. */
  @CanIgnoreReturnValue
  public PolicyRevision loaderVariables(List<String> names) {
    members.put("loader_variables", list(names));
    return this;
  }

  /** A constant that is a list of strings. */
  @CanIgnoreReturnValue
  public PolicyRevision constant(String name, List<String> values) {
    constants.put(name, list(values));
    return this;
  }

  /** A constant that is a map from names to lists of strings. */
  @CanIgnoreReturnValue
  public PolicyRevision constant(String name, Map<String, List<String>> values) {
    CanonicalJson out = new CanonicalJson().beginObject();
    new TreeMap<>(values).forEach((key, list) -> out.name(key).canonical(list(list)));
    constants.put(name, out.endObject().toString());
    return this;
  }

  /**
   * The document.
   *
   * @throws MalformedPolicyException if what was put together is none
   */
  public PolicyDocument build() throws MalformedPolicyException {
    if (!constants.isEmpty()) {
      members.put("constants", object(constants));
    }
    return PolicyDocument.parse(object(members).getBytes(StandardCharsets.UTF_8));
  }

  private static String object(SortedMap<String, String> members) {
    CanonicalJson out = new CanonicalJson().beginObject();
    members.forEach((name, json) -> out.name(name).canonical(json));
    return out.endObject().toString();
  }

  private static String list(List<String> values) {
    CanonicalJson out = new CanonicalJson().beginArray();
    values.forEach(out::text);
    return out.endArray().toString();
  }

  private static String time(Instant time) {
    return new CanonicalJson().text(time.truncatedTo(ChronoUnit.SECONDS).toString()).toString();
  }
}
