// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reference values over what Linux measured (IMA): which files a host may have run, once the quoted
 * PCR 10 bears its list out. What nothing here allows is not allowed.
 *
 * @param digests that a file may have, wherever it is
 * @param files digests that the file at a path may have
 * @param signers keys that may have signed a file, each a SubjectPublicKeyInfo in base64url
 * @param excluded paths that are not judged
 * @param keyrings for a keyring the SHA-256 of each certificate that may be added
 * @param unlisted what comes of an entry that nothing allows
 * @param violations what comes of a file that was written while it was measured
 */
public record ImaReference(
    Map<ReferenceSet.Bank, Set<String>> digests,
    Map<String, Map<ReferenceSet.Bank, Set<String>>> files,
    Set<String> signers,
    Set<String> excluded,
    Map<String, Set<String>> keyrings,
    Effect unlisted,
    Effect violations) {
  private static final int MAX_DIGESTS = 16_384;
  private static final int MAX_FILES = 16_384;
  private static final int MAX_PER_FILE = 64;
  private static final int MAX_SIGNERS = 64;
  private static final int MAX_EXCLUDED = 1_024;
  private static final int MAX_KEYRINGS = 16;

  /** What comes of an entry that is not allowed. */
  public enum Effect {
    /** The evidence is contraindicated. */
    REFUSE("refuse"),
    /** A warning, which rules may deny. */
    WARN("warn"),
    /** It is counted. */
    COUNT("count");

    private final String wire;

    Effect(String wire) {
      this.wire = wire;
    }

    String wire() {
      return wire;
    }
  }

  /** Copies the collections, in ascending order. */
  public ImaReference {
    digests = BankDigests.copy(digests);
    TreeMap<String, Map<ReferenceSet.Bank, Set<String>>> byPath = new TreeMap<>();
    files.forEach((path, allowed) -> byPath.put(path, BankDigests.copy(allowed)));
    files = Collections.unmodifiableSortedMap(byPath);
    signers = Set.copyOf(signers);
    excluded = Set.copyOf(excluded);
    TreeMap<String, Set<String>> byKeyring = new TreeMap<>();
    keyrings.forEach((keyring, keys) -> byKeyring.put(keyring, Set.copyOf(keys)));
    keyrings = Collections.unmodifiableSortedMap(byKeyring);
  }

  /** These with other digests that files at paths may have. */
  public ImaReference withFiles(Map<String, Map<ReferenceSet.Bank, Set<String>>> other) {
    return new ImaReference(digests, other, signers, excluded, keyrings, unlisted, violations);
  }

  static ImaReference read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    Optional<Json> digests = members.optional("digests");
    ImaReference read =
        new ImaReference(
            digests.isPresent() ? BankDigests.read(digests.get(), MAX_DIGESTS) : Map.of(),
            readFiles(members),
            members.optionalSet("signers", MAX_SIGNERS, TextForm.PUBLIC_KEY).orElse(Set.of()),
            members.optionalSet("excluded", MAX_EXCLUDED, TextForm.PATH_PATTERN).orElse(Set.of()),
            readKeyrings(members),
            members.choice("unlisted", List.of(Effect.values()), Effect::wire),
            members.choice("violations", List.of(Effect.values()), Effect::wire));
    members.end();
    return read;
  }

  private static Map<String, Map<ReferenceSet.Bank, Set<String>>> readFiles(Members members)
      throws MalformedPolicyException {
    TreeMap<String, Map<ReferenceSet.Bank, Set<String>>> files = new TreeMap<>();
    Optional<Json> value = members.optional("files");
    if (value.isPresent()) {
      for (Map.Entry<String, Json> file :
          named(value.get(), MAX_FILES, TextForm.MEASURED_NAME).entrySet()) {
        files.put(file.getKey(), BankDigests.read(file.getValue(), MAX_PER_FILE));
      }
    }
    return files;
  }

  private static Map<String, Set<String>> readKeyrings(Members members)
      throws MalformedPolicyException {
    TreeMap<String, Set<String>> keyrings = new TreeMap<>();
    Optional<Json> value = members.optional("keyrings");
    if (value.isPresent()) {
      for (Map.Entry<String, Json> keyring :
          named(value.get(), MAX_KEYRINGS, TextForm.KEYRING).entrySet()) {
        List<String> keys =
            Members.readList(keyring.getValue(), 0, MAX_DIGESTS, TextForm.SHA256::read);
        keyrings.put(keyring.getKey(), Set.copyOf(keys));
      }
    }
    return keyrings;
  }

  /** An object whose members' names are the document's own. */
  private static Map<String, Json> named(Json value, int max, TextForm form)
      throws MalformedPolicyException {
    if (!(value instanceof Json.Obj object) || object.members().size() > max) {
      throw new MalformedPolicyException(
          value.place(), "an object of at most " + max + " members", value.describe());
    }
    for (Map.Entry<String, Json> member : object.members().entrySet()) {
      if (!form.fits(member.getKey())) {
        throw new MalformedPolicyException(
            member.getValue().place(), "under " + form.mustBe(), "under another name");
      }
    }
    return object.members();
  }

  void write(CanonicalJson out) {
    out.beginObject();
    if (!digests.isEmpty()) {
      BankDigests.write(out.name("digests"), digests);
    }
    if (!excluded.isEmpty()) {
      BankDigests.write(out.name("excluded"), excluded);
    }
    if (!files.isEmpty()) {
      out.name("files").beginObject();
      files.forEach((path, allowed) -> BankDigests.write(out.name(path), allowed));
      out.endObject();
    }
    if (!keyrings.isEmpty()) {
      out.name("keyrings").beginObject();
      keyrings.forEach((keyring, keys) -> BankDigests.write(out.name(keyring), keys));
      out.endObject();
    }
    if (!signers.isEmpty()) {
      BankDigests.write(out.name("signers"), signers);
    }
    out.name("unlisted").text(unlisted.wire);
    out.name("violations").text(violations.wire).endObject();
  }
}
