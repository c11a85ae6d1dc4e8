// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Reference values (RFC 9334, 4.2): for each PCR that matters the digests it may have, and rules over
 * the events of the boot and over what the kernel measured. A PCR that is not named here is not judged.
 */
public final class ReferenceValues {
  /** No PCR is judged. */
  public static final ReferenceValues NONE =
      new ReferenceValues(new TreeMap<>(), Optional.empty(), Optional.empty());

  /**
   * One PCR of one bank, ordered by bank and then by index.
   *
   * @param bank the bank's hash algorithm
   * @param index 0 to 23
   */
  public record Pcr(TpmAlg bank, int index) implements Comparable<Pcr> {
    /** Checks both. */
    public Pcr {
      if (!bank.isHash() || index < 0 || index >= PcrSelection.PCRS) {
        throw new IllegalArgumentException("no PCR: " + bank + ":" + index);
      }
    }

    @Override
    public int compareTo(Pcr other) {
      int byBank = bank.compareTo(other.bank);
      return byBank != 0 ? byBank : Integer.compare(index, other.index);
    }

    /** Bank and index, {@code sha256:7}. */
    @Override
    public String toString() {
      return bank.text() + ":" + index;
    }
  }

  private final SortedMap<Pcr, Set<TpmDigest>> allowed;

  private final Optional<BootRules> boot;

  private final Optional<ImaPolicy> ima;

  private ReferenceValues(
      SortedMap<Pcr, Set<TpmDigest>> allowed, Optional<BootRules> boot, Optional<ImaPolicy> ima) {
    this.allowed = Collections.unmodifiableSortedMap(allowed);
    this.boot = boot;
    this.ima = ima;
  }

  /** The PCRs that are judged, in their order. */
  public Set<Pcr> pcrs() {
    return allowed.keySet();
  }

  /** The digests that a PCR may have; absent where it is not judged. */
  public Optional<Set<TpmDigest>> allowed(Pcr pcr) {
    return Optional.ofNullable(allowed.get(pcr));
  }

  /** What the boot log must show; absent where none is asked for. */
  public Optional<BootRules> boot() {
    return boot;
  }

  /** What the kernel may have measured; absent where it is not asked for. */
  public Optional<ImaPolicy> ima() {
    return ima;
  }

  /** A builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects reference values. */
  public static final class Builder {
    private final SortedMap<Pcr, Set<TpmDigest>> allowed = new TreeMap<>();
    private Optional<BootRules> boot = Optional.empty();
    private Optional<ImaPolicy> ima = Optional.empty();

    private Builder() {}

    /**
     * Adds a digest that PCR {@code index} of the digest's bank may have.
     *
     * @throws IllegalArgumentException if there is no such PCR
     */
    @CanIgnoreReturnValue
    public Builder allow(int index, TpmDigest digest) {
      allowed
          .computeIfAbsent(new Pcr(digest.hash(), index), pcr -> new LinkedHashSet<>())
          .add(digest);
      return this;
    }

    /** Says what the boot log must show. */
    @CanIgnoreReturnValue
    public Builder boot(BootRules rules) {
      boot = Optional.of(rules);
      return this;
    }

    /** Says what the kernel may have measured. */
    @CanIgnoreReturnValue
    public Builder ima(ImaPolicy policy) {
      ima = Optional.of(policy);
      return this;
    }

    /** The values collected so far. */
    public ReferenceValues build() {
      SortedMap<Pcr, Set<TpmDigest>> copy = new TreeMap<>();
      allowed.forEach((pcr, digests) -> copy.put(pcr, Set.copyOf(digests)));
      return new ReferenceValues(copy, boot, ima);
    }
  }
}
