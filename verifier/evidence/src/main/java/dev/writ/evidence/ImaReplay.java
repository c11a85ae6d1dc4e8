// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Replays a measurement list to the PCR 10 that was quoted (TPM 2.0 Part 1, 17.2: a PCR becomes the
 * hash of itself and the digest it is extended with).
 *
 * <p>The digest that extends a bank is computed here, with the bank's hash over the template's data,
 * as kernels do since 5.8; what the list says it is has to agree, whatever its hash. A violation
 * extends every bank with ones. SHA-1's bank is not looked at.
 *
 * <p>A host appends to its list before it extends the PCR, and goes on while it is quoted, so that the
 * list may be longer than the quote: it is taken up to the entry after which the quoted values stand,
 * and what follows is for the next segment.
 */
public final class ImaReplay {
  /** The PCR that Linux measures to. */
  static final int PCR = 10;

  /** One bank of the PCR. */
  private static final class Bank {
    final TpmAlg hash;
    final byte[] quoted;
    final byte[] running;
    private final MessageDigest digest;
    private final byte[] extension;

    Bank(TpmAlg hash, byte[] quoted, byte[] running) {
      this.hash = hash;
      this.quoted = quoted;
      this.running = running;
      this.digest = hash.newDigest();
      this.extension = new byte[hash.digestBytes()];
    }

    boolean standsAsQuoted() {
      return MessageDigest.isEqual(running, quoted);
    }

    /** Extends with the digest of an entry whose listed digest was checked, if that can be had. */
    boolean extend(ImaEntry entry, TpmAlg listHash) {
      if (entry.violation) {
        Arrays.fill(extension, (byte) 0xff);
      } else if (hash == listHash) {
        System.arraycopy(entry.templateDigest, 0, extension, 0, extension.length);
      } else if (entry.dataKnown) {
        entry.hashTemplate(digest);
        finish(digest, extension);
      } else {
        return false;
      }
      extend();
      return true;
    }

    /** Extends as kernels before 5.8 do: with the listed digest, and zeros behind it. */
    void extendPadded(ImaEntry entry, TpmAlg listHash) {
      Arrays.fill(extension, entry.violation ? (byte) 0xff : 0);
      if (!entry.violation) {
        System.arraycopy(entry.templateDigest, 0, extension, 0, listHash.digestBytes());
      }
      extend();
    }

    private void extend() {
      digest.update(running);
      digest.update(extension);
      finish(digest, running);
    }

    TpmDigest value() {
      return TpmDigest.of(hash, running);
    }
  }

  private final ImaSegment segment;
  private final PcrValues quoted;
  private final ImaPosition from;
  private final Bank[] banks;
  private final MessageDigest listDigest;
  private final byte[] computed;
  private final ImaEntry entry = new ImaEntry();

  private ImaReplay(ImaSegment segment, PcrValues quoted, ImaPosition from, List<TpmAlg> banks) {
    this.segment = segment;
    this.quoted = quoted;
    this.from = from;
    this.banks = banks.stream().map(this::bank).toArray(Bank[]::new);
    this.listDigest = segment.listHash().newDigest();
    this.computed = new byte[segment.listHash().digestBytes()];
  }

  /**
   * Replays a segment on top of what was verified before.
   *
   * @param position what was stored for this attestation key and boot; {@link ImaPosition#START}
   *     where there is nothing. A segment from entry 0 starts again, whatever the position
   * @param quote the quote that the segment was sent with
   * @throws MalformedEvidenceException if the segment's bytes are not whole entries to their end
   */
  public static ImaOutcome resume(ImaPosition position, ImaSegment segment, VerifiedQuote quote)
      throws MalformedEvidenceException {
    return resume(position, segment, quote.values());
  }

  static ImaOutcome resume(ImaPosition position, ImaSegment segment, PcrValues quoted)
      throws MalformedEvidenceException {
    List<TpmAlg> banks = banks(quoted);
    if (banks.isEmpty()) {
      return new ImaOutcome.PcrNotQuoted();
    }
    boolean anew = segment.start() == 0 || !position.covers(banks);
    ImaPosition from = anew ? ImaPosition.START : position;
    if (segment.start() != from.entries()) {
      return new ImaOutcome.PositionMismatch(from.entries(), segment.start());
    }
    return new ImaReplay(segment, quoted, from, banks).run();
  }

  /** What a whole list gives for one bank, believed or not. */
  static TpmDigest valueAfter(ImaSegment segment, TpmAlg hash) throws MalformedEvidenceException {
    byte[] zeros = new byte[hash.digestBytes()];
    Bank bank = new Bank(hash, zeros, zeros.clone());
    ImaEntry entry = new ImaEntry();
    ImaListReader list = segment.entries();
    while (list.next(entry)) {
      if (!bank.extend(entry, segment.listHash())) {
        throw entry.malformed("template", "known", entry.templateName);
      }
    }
    return bank.value();
  }

  /** Banks but SHA-1's of which PCR 10 is quoted. */
  private static List<TpmAlg> banks(PcrValues quoted) {
    return quoted.selection().banks().stream()
        .filter(bank -> bank.hash() != TpmAlg.SHA1 && bank.selects(PCR))
        .map(PcrSelection.Bank::hash)
        .toList();
  }

  private Bank bank(TpmAlg hash) {
    byte[] before =
        from.value(hash).map(value -> value.value().bytes()).orElse(new byte[hash.digestBytes()]);
    return new Bank(hash, quotedValue(hash).value().bytes(), before);
  }

  private TpmDigest quotedValue(TpmAlg hash) {
    return quoted.value(hash, PCR).orElseThrow();
  }

  private ImaOutcome run() throws MalformedEvidenceException {
    ImaListReader list = segment.entries();
    boolean found = standsAsQuoted();
    int matched = 0;
    int matchedBytes = 0;
    int ignored = 0;
    while (list.next(entry)) {
      if (found) {
        ignored++;
        continue;
      }
      Optional<ImaOutcome.Refused> refused = extend();
      if (refused.isPresent()) {
        return refused.get();
      }
      matched++;
      matchedBytes = list.next - segment.listAt();
      found = standsAsQuoted();
    }
    if (!found) {
      return notReplayed(from.entries() + matched);
    }
    boolean aggregate = from.bootAggregateChecked();
    if (from.entries() == 0) {
      Optional<ImaBootAggregate.Comparison> first =
          matched == 0 ? Optional.empty() : bootAggregate();
      if (first.isEmpty()) {
        return new ImaOutcome.BootAggregateMissing();
      }
      ImaBootAggregate.State state = first.get().state();
      if (state == ImaBootAggregate.State.DIFFERENT) {
        return new ImaOutcome.BootAggregateMismatch(first.get().quoted(), entry.shownDigest());
      }
      aggregate = state == ImaBootAggregate.State.EQUAL;
    }
    Map<TpmAlg, TpmDigest> running = new EnumMap<>(TpmAlg.class);
    for (Bank bank : banks) {
      running.put(bank.hash, bank.value());
    }
    ImaPosition position =
        new ImaPosition(
            from.entries() + matched, aggregate, running, from.tally(), from.measuredKeys());
    return new ImaReplayed(segment, matched, matchedBytes, ignored, position, quoted);
  }

  /** Reads the first entry again; absent where it is no boot aggregate. */
  private Optional<ImaBootAggregate.Comparison> bootAggregate() throws MalformedEvidenceException {
    boolean named =
        segment.entries().next(entry)
            && !entry.violation
            && entry.template != ImaTemplate.OTHER
            && entry.pathIs(ImaBootAggregate.NAME);
    return named ? Optional.of(ImaBootAggregate.compare(entry, quoted)) : Optional.empty();
  }

  private Optional<ImaOutcome.Refused> extend() {
    if (entry.pcr != PCR) {
      return Optional.of(new ImaOutcome.OtherPcr(entry.index, entry.pcr));
    }
    if (!entry.violation && entry.dataKnown) {
      entry.hashTemplate(listDigest);
      finish(listDigest, computed);
      if (!Arrays.equals(computed, 0, computed.length, entry.templateDigest, 0, computed.length)) {
        return Optional.of(new ImaOutcome.TemplateDigestMismatch(entry.index, segment.format()));
      }
    }
    for (Bank bank : banks) {
      if (!bank.extend(entry, segment.listHash())) {
        return Optional.of(
            new ImaOutcome.TemplateNotReplayable(entry.index, entry.templateName, bank.hash));
      }
    }
    return Optional.empty();
  }

  private boolean standsAsQuoted() {
    for (Bank bank : banks) {
      if (!bank.standsAsQuoted()) {
        return false;
      }
    }
    return true;
  }

  private ImaOutcome.Refused notReplayed(long entries) throws MalformedEvidenceException {
    for (Bank each : banks) {
      if (segment.listHash() == TpmAlg.SHA1 && isPadded(bank(each.hash))) {
        return new ImaOutcome.PaddedSha1(each.hash);
      }
    }
    List<TpmDigest> values = new ArrayList<>();
    List<TpmDigest> expected = new ArrayList<>();
    for (Bank bank : banks) {
      expected.add(quotedValue(bank.hash));
      values.add(bank.value());
    }
    return new ImaOutcome.NotReplayed(entries, expected, values);
  }

  private boolean isPadded(Bank bank) throws MalformedEvidenceException {
    ImaListReader list = segment.entries();
    while (list.next(entry)) {
      bank.extendPadded(entry, segment.listHash());
      if (bank.standsAsQuoted()) {
        return true;
      }
    }
    return false;
  }

  private static void finish(MessageDigest digest, byte[] out) {
    try {
      int unused = digest.digest(out, 0, out.length);
    } catch (DigestException e) {
      throw new IllegalStateException("bug: a digest does not fit its length", e);
    }
  }
}
