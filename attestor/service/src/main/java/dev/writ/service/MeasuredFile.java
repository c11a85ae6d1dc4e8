// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.policy.ImaReference;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An entry of an IMA list that a policy does not allow, as its rule tells it.
 *
 * @param entry its place in the list, from 0
 * @param reason which rule
 * @param hash the digest's algorithm, as the kernel calls it
 * @param digest in hex
 * @param path where the kernel found the file, every byte that is no printable ASCII as {@code \xNN}
 * @param expected what would be allowed
 */
record MeasuredFile(
    long entry, String reason, String hash, String digest, String path, String expected) {
  private static final Pattern SUBJECT = Pattern.compile("entry ([0-9]{1,18})");

  /** As {@link dev.writ.evidence.ImaAppraisal.Finding} has it: digest, space, path. */
  private static final Pattern ACTUAL = Pattern.compile("([a-z0-9-]{1,16}):([0-9a-f]{1,128}) (.+)");

  /** Longest name that a policy takes. */
  private static final int MAX_PATH = 4_096;

  private static final int MAX_FILES = 16_384;
  private static final int MAX_PER_FILE = 64;

  /** The entry that a rule is about; empty where it is about the list. */
  static Optional<MeasuredFile> of(AppraisedRule rule) {
    Matcher subject = SUBJECT.matcher(rule.subject().orElse(""));
    Matcher actual = ACTUAL.matcher(rule.actual());
    return rule.reason().startsWith("ima_") && subject.matches() && actual.matches()
        ? Optional.of(
            new MeasuredFile(
                Long.parseLong(subject.group(1)),
                rule.reason(),
                actual.group(1),
                actual.group(2),
                actual.group(3),
                rule.expected()))
        : Optional.empty();
  }

  /** Whether the file would be allowed if its digest were listed for its path. */
  boolean isListable() {
    boolean whole = path.length() <= MAX_PATH && !path.contains("\\x") && !path.endsWith("…");
    return whole
        && bank().isPresent()
        && (reason.equals("ima_entry_unlisted") || reason.equals("ima_digest_changed"));
  }

  private Optional<Bank> bank() {
    for (Bank bank : Bank.values()) {
      if (bank.wire().equals(hash)) {
        return Optional.of(bank);
      }
    }
    return Optional.empty();
  }

  /** The rules with this file listed; empty where they take no more. */
  Optional<ImaReference> addedTo(ImaReference ima) {
    Map<String, Map<Bank, Set<String>>> files = new HashMap<>(ima.files());
    Map<Bank, Set<String>> of = new HashMap<>(files.getOrDefault(path, Map.of()));
    Set<String> digests = new HashSet<>(of.getOrDefault(bank().orElseThrow(), Set.of()));
    digests.add(digest);
    of.put(bank().orElseThrow(), digests);
    files.put(path, of);
    return files.size() > MAX_FILES || digests.size() > MAX_PER_FILE
        ? Optional.empty()
        : Optional.of(ima.withFiles(files));
  }

  /** What would satisfy a rule over the list that does not hold. */
  static String remedy(String reason) {
    return switch (reason) {
      case "ima_entry_unlisted" ->
          "list the digest under files or digests, or let a key of signers sign the file";
      case "ima_digest_changed" ->
          "list the digest for this path under files if the file is meant to be so, or put it back";
      case "ima_digest_weak" ->
          "let the kernel measure with a hash of SHA-2 (ima_hash=sha256), and boot anew";
      case "ima_violation" ->
          "do not write to the file while it runs, and boot anew; excluded does not help, for which"
              + " file it was is not bound";
      case "ima_template_unknown" -> "let the kernel use ima-ng, ima-sig or ima-buf, and boot anew";
      case "ima_signature_invalid" -> "sign the file anew with a key of signers";
      case "ima_key_unlisted" -> "list the certificate's SHA-256 for this keyring under keyrings";
      case "ima_key_after_use" ->
          "load the key into its keyring before the file runs, and boot anew";
      case "ima_list_given" -> "let the agent read the measurement list";
      case "ima_list_replayed" -> "the measurement list contradicts PCR 10; boot anew";
      case "ima_boot_aggregate" -> "the list is of another boot; send this one's";
      default -> "see the rule";
    };
  }
}
