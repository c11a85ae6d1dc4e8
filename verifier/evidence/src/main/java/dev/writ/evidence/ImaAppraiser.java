// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.Appraisal.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Judges each entry of a replayed measurement list by a policy.
 *
 * <table>
 * <caption>Rules, and the AR4SI value each can give the claim executables</caption>
 * <tr><th>reason<th>subject<th>holds<th>does not
 * <tr><td>ima_list_replayed<td><td>2<td>never runs without a replay
 * <tr><td>ima_boot_aggregate<td><td>2<td>not compared with quoted PCRs: 33 where PCRs 0
 *     to 9 of a bank other than SHA-1's are quoted, else noted
 * <tr><td>ima_entries<td><td>2<td>the worst of all entries of the boot
 * <tr><td>{@link ImaVerdict#reason}<td>the entry<td>not listed<td>96, or what the policy says
 * </table>
 *
 * <p>After 1024 signatures of a segment that do not verify the others are not computed, and are
 * invalid.
 *
 * <p>The kernel hashes neither a template's name nor anything of a violation: no allowance rests on
 * either.
 */
public final class ImaAppraiser {
  private static final int AFFIRMING = TrustTier.AFFIRMING.value();
  private static final int NOTED = 0;

  /** AR4SI: executables that are not recognized. */
  private static final int UNRECOGNIZED = 33;

  /** What does not verify is not remembered: a list could make each appraisal as long as it likes. */
  private static final int MAX_FAILED_SIGNATURES = 1024;

  private final ImaReplayed replayed;
  private final ImaPolicy policy;
  private final List<ImaAppraisal.Finding> findings = new ArrayList<>();
  private final Set<Octets> measuredKeys;
  private final Set<Octets> neededKeys;
  private final ImaEntry entry = new ImaEntry();
  private ImaTally tally = ImaTally.NONE;
  private int failedSignatures;

  private ImaAppraiser(ImaReplayed replayed, ImaPolicy policy) {
    this.replayed = replayed;
    this.policy = policy;
    this.measuredKeys = new LinkedHashSet<>(replayed.position().measuredKeys());
    this.neededKeys =
        policy.signers().stream()
            .flatMap(key -> key.measurement().stream())
            .collect(Collectors.toSet());
  }

  /** Judges the entries that the quote vouches for, on top of those judged before. */
  public static ImaAppraisal appraise(ImaReplayed replayed, ImaPolicy policy) {
    ImaAppraiser appraiser = new ImaAppraiser(replayed, policy);
    try {
      appraiser.entries();
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: a list that was replayed cannot be read again", e);
    }
    return appraiser.result();
  }

  private void entries() throws MalformedEvidenceException {
    long[] counts = new long[1 << Byte.SIZE]; // by the verdict's u8 number
    ImaListReader list = replayed.segment().entries();
    for (int i = 0; i < replayed.matched() && list.next(entry); i++) {
      ImaVerdict verdict = judge();
      counts[verdict.id()]++;
      int value = policy.value(verdict);
      if (!verdict.held() && value != NOTED && findings.size() < ImaAppraisal.MAX_FINDINGS) {
        findings.add(finding(verdict, value));
      }
    }
    tally = tally(counts);
  }

  private static ImaTally tally(long[] counts) {
    Map<ImaVerdict, Long> given = new EnumMap<>(ImaVerdict.class);
    for (ImaVerdict verdict : ImaVerdict.values()) {
      if (counts[verdict.id()] > 0) {
        given.put(verdict, counts[verdict.id()]);
      }
    }
    return new ImaTally(given);
  }

  private ImaVerdict judge() {
    if (entry.violation) {
      return ImaVerdict.VIOLATION;
    }
    if (entry.template == ImaTemplate.OTHER) {
      return ImaVerdict.TEMPLATE_UNKNOWN;
    }
    // A kernel that was started by kexec keeps the list and adds its own.
    if (entry.pathIs(ImaBootAggregate.NAME)
        && (entry.index == 0
            || ImaBootAggregate.compare(entry, replayed.quoted()).state()
                == ImaBootAggregate.State.EQUAL)) {
      return ImaVerdict.BOOT_AGGREGATE;
    }
    // ima-sig has the same layout as ima-buf, so that either name may stand for a key.
    if (entry.template.tail() == 1
        && entry.data[entry.pathAt] != '/'
        && policy.isKeyring(entry.path())) {
      return key();
    }
    return file();
  }

  /** A key that was added to a keyring: the buffer is what was added. */
  private ImaVerdict key() {
    Octets sha256 = Octets.of(TpmAlg.SHA256.newDigest().digest(tail()));
    if (!policy.listsKey(entry.path(), sha256)) {
      return ImaVerdict.KEY_UNLISTED;
    }
    Octets measurement = ImaSigningKey.measurement(entry.path(), sha256);
    if (neededKeys.contains(measurement) && measuredKeys.size() < ImaPosition.MAX_KEYS) {
      measuredKeys.add(measurement);
    }
    return ImaVerdict.KEY_LISTED;
  }

  private ImaVerdict file() {
    boolean believed = entry.hash != null && entry.hash != TpmAlg.SHA1;
    if (believed && !entry.verity) {
      if (policy.listsDigest(entry)) {
        return ImaVerdict.DIGEST_LISTED;
      }
      if (policy.listsFile(entry)) {
        return ImaVerdict.FILE_LISTED;
      }
    }
    if (policy.excludes(entry)) {
      return ImaVerdict.EXCLUDED;
    }
    if (!believed) {
      return policy.listsPath(entry) ? ImaVerdict.DIGEST_CHANGED : ImaVerdict.DIGEST_WEAK;
    }
    return signed()
        .orElseGet(() -> policy.listsPath(entry) ? ImaVerdict.DIGEST_CHANGED : ImaVerdict.UNLISTED);
  }

  /** What the signature says; absent where there is none of a key that the policy names. */
  private Optional<ImaVerdict> signed() {
    TpmAlg hash = entry.hash;
    if (hash == null || entry.tailLength == 0 || policy.signers().isEmpty()) {
      return Optional.empty();
    }
    ImaSignature signature;
    try {
      signature = ImaSignature.parse(tail());
    } catch (MalformedEvidenceException e) {
      return Optional.empty(); // whoever owns a file writes what they like there
    }
    byte[] digest =
        Arrays.copyOfRange(entry.data, entry.digestAt, entry.digestAt + entry.digestLength);
    Optional<byte[]> signed = signature.signedDigest(hash, entry.verity, digest);
    Optional<ImaVerdict> verdict = Optional.empty();
    for (ImaSigningKey key : policy.signers()) {
      if (key.keyId() != signature.keyId()) {
        continue;
      }
      if (signed.isPresent() && verifies(key, signature, signed.get())) {
        boolean inTime = key.measurement().map(measuredKeys::contains).orElse(true);
        if (inTime) {
          return Optional.of(ImaVerdict.SIGNED);
        }
        verdict = Optional.of(ImaVerdict.KEY_AFTER_USE);
      } else if (verdict.isEmpty()) {
        verdict = Optional.of(ImaVerdict.SIGNATURE_INVALID);
      }
    }
    return verdict;
  }

  private boolean verifies(ImaSigningKey key, ImaSignature signature, byte[] signed) {
    boolean verifies =
        failedSignatures < MAX_FAILED_SIGNATURES
            && policy
                .signatures()
                .verifies(key, signature.hash(), signed, signature.value().bytes());
    failedSignatures += verifies ? 0 : 1;
    return verifies;
  }

  private byte[] tail() {
    return Arrays.copyOfRange(entry.data, entry.tailAt, entry.tailAt + entry.tailLength);
  }

  private ImaAppraisal.Finding finding(ImaVerdict verdict, int value) {
    boolean fields = entry.template != ImaTemplate.OTHER;
    return new ImaAppraisal.Finding(
        entry.index,
        verdict,
        fields ? entry.shownPath() : "(template " + entry.templateName + ")",
        fields ? entry.shownDigest() : "unknown",
        expected(verdict),
        value);
  }

  private String expected(ImaVerdict verdict) {
    return switch (verdict) {
      case DIGEST_CHANGED ->
          policy.digestsOf(entry.path()).stream()
              .map(TpmDigest::toString)
              .sorted()
              .limit(4)
              .collect(Collectors.joining(" or "));
      case DIGEST_WEAK -> "a digest of SHA-2 or SHA-3";
      case VIOLATION -> "no file open for writing while it is measured";
      case TEMPLATE_UNKNOWN -> "a template of ima, ima-ng, ima-sig, ima-buf or ima-modsig";
      case SIGNATURE_INVALID -> "a signature that verifies";
      case KEY_UNLISTED -> "a key that is listed for the keyring";
      case KEY_AFTER_USE -> "the signing key measured before the file";
      default -> "a listed digest, signer or path";
    };
  }

  private ImaAppraisal result() {
    ImaPosition position = replayed.position().judged(tally, measuredKeys);
    List<Rule> rules = new ArrayList<>();
    rules.add(
        rule(
            "ima_list_replayed",
            AFFIRMING,
            "a list that gives PCR 10",
            replayed.entries()
                + " entries, "
                + replayed.matched()
                + " of them new; "
                + replayed.ignored()
                + " after the quote not judged"));
    boolean checked = replayed.bootAggregateChecked();
    // A kernel that can use such a bank does: what it does not use may be of another boot.
    int unchecked = ImaBootAggregate.canBeOf(replayed.quoted()) ? UNRECOGNIZED : NOTED;
    rules.add(
        rule(
            "ima_boot_aggregate",
            checked ? AFFIRMING : unchecked,
            "the digest of the quoted PCRs 0 to 9 of its bank",
            checked ? "equal" : "not checked: it is of sha1, or not all of them are quoted"));
    rules.add(
        rule("ima_entries", worst(position.tally()), "every entry allowed", "" + position.tally()));
    findings.forEach(finding -> rules.add(finding.rule()));
    return new ImaAppraisal(rules, findings, position);
  }

  private int worst(ImaTally tally) {
    return tally.counts().keySet().stream()
        .filter(verdict -> !verdict.held())
        .mapToInt(policy::value)
        .max()
        .orElse(AFFIRMING);
  }

  private static Rule rule(String reason, int value, String expected, String actual) {
    return new Rule(reason, "", TrustClaim.EXECUTABLES, value, expected, actual);
  }
}
