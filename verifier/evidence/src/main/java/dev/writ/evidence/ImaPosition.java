// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * How far a host's measurement list has been verified and appraised: what is kept for an attestation
 * key and a boot, so that the host sends each entry once.
 *
 * <p>A position speaks for its boot alone, which the caller knows by the TPM's reset and restart
 * counts, and for the policy under which its entries were judged: under another, judgement starts
 * again from {@link #START}. It carries the tally of every entry before it, so that what was found
 * once is found in each later appraisal too. The encoding:
 *
 * <pre>
 * size  field
 *    1  version, 1
 *    8  entries before the position
 *    1  boot aggregate: 0 not checked, 1 equals the quoted PCRs
 *    1  number of banks, then each, in ascending TPM_ALG_ID: u16 algorithm, value of PCR 10
 *    1  number of verdicts, then each, in ascending number: u8 verdict, u64 count
 *    1  number of measured keys, then each, in ascending order: 32 bytes
 * </pre>
 */
public final class ImaPosition {
  /** Before the first entry of a boot. */
  public static final ImaPosition START =
      new ImaPosition(0, false, Map.of(), ImaTally.NONE, Set.of());

  /** Longest encoding in bytes. */
  public static final int MAX_BYTES = 4096;

  /** Most keys that are remembered; a key beyond is taken for one that was not measured. */
  static final int MAX_KEYS = 64;

  private static final int VERSION = 1;
  private static final int KEY_BYTES = 32;

  /** Keeps sums far from overflow. */
  private static final long MAX_COUNT = 1L << 48;

  private final long entries;
  private final boolean bootAggregateChecked;
  private final Map<TpmAlg, TpmDigest> running;
  private final ImaTally tally;
  private final Set<Octets> measuredKeys;

  ImaPosition(
      long entries,
      boolean bootAggregateChecked,
      Map<TpmAlg, TpmDigest> running,
      ImaTally tally,
      Set<Octets> measuredKeys) {
    this.entries = entries;
    this.bootAggregateChecked = bootAggregateChecked;
    this.running = Map.copyOf(running);
    this.tally = tally;
    this.measuredKeys = Set.copyOf(measuredKeys);
  }

  /**
   * Parses the whole encoding.
   *
   * @throws MalformedEvidenceException if it is none, of another version, or does not end at the end;
   *     a store that cannot be read back is answered with {@link #START}
   */
  public static ImaPosition parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "imaPosition", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    TpmReader in = new TpmReader(bytes);
    int version = in.u8("version");
    if (version != VERSION) {
      throw in.malformed("version", 0, Integer.toString(VERSION), Integer.toString(version));
    }
    long entries = count(in, "entries");
    boolean aggregate = in.yesNo("bootAggregate");
    Map<TpmAlg, TpmDigest> running = readRunning(in);
    ImaTally tally = readTally(in);
    Set<Octets> keys = readKeys(in);
    in.end("imaPosition");
    if (tally.judged() > entries || (entries == 0 && (aggregate || !keys.isEmpty()))) {
      throw in.malformed("imaPosition", 0, "no more verdicts than entries", tally.toString());
    }
    if ((entries == 0) != running.isEmpty()) {
      throw in.malformed("banks", 0, "some after the first entry, none before", "the contrary");
    }
    return new ImaPosition(entries, aggregate, running, tally, keys);
  }

  private static Map<TpmAlg, TpmDigest> readRunning(TpmReader in)
      throws MalformedEvidenceException {
    Map<TpmAlg, TpmDigest> running = new EnumMap<>(TpmAlg.class);
    int banks = in.u8("banks");
    int before = 0;
    for (int i = 0; i < banks; i++) {
      int at = in.position();
      TpmAlg hash = in.hash("bank");
      if (hash.id() <= before || hash == TpmAlg.SHA1) {
        throw in.malformed("bank", at, "ascending, and not sha1", hash.text());
      }
      before = hash.id();
      running.put(hash, new TpmDigest(hash, in.octets("running", hash.digestBytes())));
    }
    return running;
  }

  private static ImaTally readTally(TpmReader in) throws MalformedEvidenceException {
    Map<ImaVerdict, Long> counts = new EnumMap<>(ImaVerdict.class);
    int verdicts = in.u8("verdicts");
    int before = 0;
    for (int i = 0; i < verdicts; i++) {
      int at = in.position();
      int id = in.u8("verdict");
      Optional<ImaVerdict> verdict = ImaVerdict.ofId(id);
      if (id <= before || verdict.isEmpty()) {
        throw in.malformed("verdict", at, "ascending and known", Integer.toString(id));
      }
      before = id;
      int countAt = in.position();
      long count = count(in, "count");
      if (count == 0) {
        throw in.malformed("count", countAt, "at least 1", "0");
      }
      counts.put(verdict.get(), count);
    }
    return new ImaTally(counts);
  }

  private static Set<Octets> readKeys(TpmReader in) throws MalformedEvidenceException {
    Set<Octets> keys = new LinkedHashSet<>();
    int at = in.position();
    int number = in.u8("measuredKeys");
    if (number > MAX_KEYS) {
      throw in.malformed("measuredKeys", at, "at most " + MAX_KEYS, Integer.toString(number));
    }
    String before = "";
    for (int i = 0; i < number; i++) {
      int keyAt = in.position();
      Octets key = in.octets("measuredKey", KEY_BYTES);
      if (key.hex().compareTo(before) <= 0) {
        throw in.malformed("measuredKey", keyAt, "in ascending order", key.hex());
      }
      before = key.hex();
      keys.add(key);
    }
    return keys;
  }

  private static long count(TpmReader in, String field) throws MalformedEvidenceException {
    int at = in.position();
    long value = in.u64(field);
    if (value < 0 || value > MAX_COUNT) {
      throw in.malformed(field, at, "at most " + MAX_COUNT, Long.toUnsignedString(value));
    }
    return value;
  }

  /** The encoding. */
  public byte[] encode() {
    TpmWriter out = new TpmWriter().u8(VERSION).u64(entries).u8(bootAggregateChecked ? 1 : 0);
    out.u8(running.size());
    for (TpmAlg bank : banks()) {
      out.alg(bank).octets(value(bank).orElseThrow().value());
    }
    out.u8(tally.counts().size());
    tally.counts().forEach((verdict, count) -> out.u8(verdict.id()).u64(count));
    out.u8(measuredKeys.size());
    for (String key : new TreeSet<>(measuredKeys.stream().map(Octets::hex).toList())) {
      out.octets(Octets.fromHex(key));
    }
    return out.toByteArray();
  }

  /** How many entries stand before the position. */
  public long entries() {
    return entries;
  }

  /** The banks that were replayed, in ascending TPM_ALG_ID. */
  public List<TpmAlg> banks() {
    List<TpmAlg> banks = new ArrayList<>(running.keySet());
    banks.sort((a, b) -> Integer.compare(a.id(), b.id()));
    return banks;
  }

  /** PCR 10 of a bank after the entries before the position; absent where it was not replayed. */
  public Optional<TpmDigest> value(TpmAlg bank) {
    return Optional.ofNullable(running.get(bank));
  }

  /** Whether the first entry was found to equal the quoted PCRs of its boot. */
  public boolean bootAggregateChecked() {
    return bootAggregateChecked;
  }

  /** The verdicts of the entries before the position. */
  public ImaTally tally() {
    return tally;
  }

  /** Keys that were measured into their keyrings, each {@link ImaSigningKey#measurement}. */
  Set<Octets> measuredKeys() {
    return measuredKeys;
  }

  boolean covers(Collection<TpmAlg> banks) {
    return running.keySet().containsAll(banks);
  }

  /** This position with the verdicts of the entries that were judged to get to it. */
  ImaPosition judged(ImaTally more, Set<Octets> keys) {
    return new ImaPosition(entries, bootAggregateChecked, running, tally.plus(more), keys);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ImaPosition that
        && entries == that.entries
        && bootAggregateChecked == that.bootAggregateChecked
        && running.equals(that.running)
        && tally.equals(that.tally)
        && measuredKeys.equals(that.measuredKeys);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(entries) * 31 + running.hashCode();
  }

  @Override
  public String toString() {
    return "ImaPosition(" + entries + " entries, " + running.values() + ", " + tally + ")";
  }
}
