// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reference values: what PCRs may hold, and what a boot log and an IMA list must show, on the hosts that the set is for.
 *
 * @param name the set's name, as {@code trust.reference_set} shows it
 * @param description for the reader
 * @param hosts the hosts judged by this set, or {@link #ANY_HOST} alone
 * @param pcrs for each bank and PCR index the digests of which it must hold one, lower-case hex; may be
 *     empty where the boot log is judged
 * @param boot what the boot log must show; absent where it is not asked for
 * @param ima what the kernel may have measured; absent where it is not asked for
 */
public record ReferenceSet(
    String name,
    String description,
    Set<String> hosts,
    Map<Bank, Map<Integer, List<String>>> pcrs,
    Optional<BootReference> boot,
    Optional<ImaReference> ima) {
  /** In place of host names: every host that no other set names. */
  public static final String ANY_HOST = "*";

  private static final int MAX_NAME = 64;
  private static final int MAX_DESCRIPTION = 4_096;
  private static final int MAX_HOSTS = 16_384;
  private static final int MAX_DIGESTS = 64;
  private static final int PCRS = 24;
  private static final int LOADER_PCR = 4;

  /** Copies the collections, PCRs in ascending order. */
  public ReferenceSet {
    hosts = Set.copyOf(hosts);
    TreeMap<Bank, Map<Integer, List<String>>> banks = new TreeMap<>();
    pcrs.forEach(
        (bank, values) -> {
          TreeMap<Integer, List<String>> copy = new TreeMap<>();
          values.forEach((index, digests) -> copy.put(index, List.copyOf(digests)));
          banks.put(bank, Collections.unmodifiableSortedMap(copy));
        });
    pcrs = Collections.unmodifiableSortedMap(banks);
  }

  /** Of PCRs alone. */
  public ReferenceSet(
      String name,
      String description,
      Set<String> hosts,
      Map<Bank, Map<Integer, List<String>>> pcrs) {
    this(name, description, hosts, pcrs, Optional.empty(), Optional.empty());
  }

  /** A PCR bank. SHA-1 is none: a bank that collisions can steer proves nothing. */
  public enum Bank {
    /** SHA-256. */
    SHA256("sha256", 32),
    /** SHA-384. */
    SHA384("sha384", 48),
    /** SHA-512. */
    SHA512("sha512", 64);

    private final String wire;
    private final TextForm digest;

    Bank(String wire, int bytes) {
      this.wire = wire;
      this.digest = TextForm.hexOf(bytes);
    }

    /** The bank as the document spells it. */
    public String wire() {
      return wire;
    }

    TextForm digest() {
      return digest;
    }
  }

  /**
   * The set that {@code json} spells, in the form of a policy document's element.
   *
   * @throws MalformedPolicyException if it is none
   */
  public static ReferenceSet parse(byte[] json) throws MalformedPolicyException {
    return read(StrictJson.read(json));
  }

  /** The set as it stands in a policy document, for people: indented, one value on a line. */
  public String text() {
    CanonicalJson out = new CanonicalJson();
    write(out);
    try {
      return IndentedJson.of(StrictJson.read(out.bytes()));
    } catch (MalformedPolicyException e) {
      throw new IllegalStateException("a set was written that cannot be read; this is a bug", e);
    }
  }

  /** This set under another name and for other hosts. */
  public ReferenceSet as(String otherName, Set<String> otherHosts) {
    return new ReferenceSet(otherName, description, otherHosts, pcrs, boot, ima);
  }

  /** This set with another description, of which at most 4096 characters are kept. */
  public ReferenceSet described(String other) {
    String cut = other.substring(0, Math.min(other.length(), MAX_DESCRIPTION));
    return new ReferenceSet(name, cut, hosts, pcrs, boot, ima);
  }

  /** This set with other values. */
  public ReferenceSet with(
      Map<Bank, Map<Integer, List<String>>> otherPcrs,
      Optional<BootReference> otherBoot,
      Optional<ImaReference> otherIma) {
    return new ReferenceSet(name, description, hosts, otherPcrs, otherBoot, otherIma);
  }

  /**
   * A name for a set that is one host's, from the host's own.
   *
   * @param host 1 to 128 visible ASCII characters
   */
  public static String nameFor(String host) {
    String plain =
        host.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-+|-+$", "");
    String name = "host-" + (plain.isEmpty() ? "unnamed" : plain);
    return name.substring(0, Math.min(name.length(), MAX_NAME)).replaceAll("-+$", "");
  }

  static ReferenceSet read(Json value) throws MalformedPolicyException {
    Members members = Members.of(value);
    String name = members.text("name", TextForm.ID);
    String description = members.optionalText("description", TextForm.DESCRIPTION).orElse("");
    Set<String> hosts = members.set("hosts", 1, MAX_HOSTS, TextForm.PRINCIPAL);
    if (hosts.contains(ANY_HOST) && hosts.size() > 1) {
      throw new MalformedPolicyException(
          members.required("hosts").place(), "either \"*\" alone or host names", "both");
    }
    Optional<Json> boot = members.optional("boot");
    Optional<Json> ima = members.optional("ima");
    Optional<Json> pcrs =
        boot.isPresent() || ima.isPresent()
            ? members.optional("pcrs")
            : Optional.of(members.required("pcrs"));
    ReferenceSet set =
        new ReferenceSet(
            name,
            description,
            hosts,
            pcrs.isPresent() ? readPcrs(pcrs.get()) : Map.of(),
            boot.isPresent() ? Optional.of(BootReference.read(boot.get())) : Optional.empty(),
            ima.isPresent() ? Optional.of(ImaReference.read(ima.get())) : Optional.empty());
    members.end();
    if (boot.isPresent()) {
      set.requireLoaderOf(boot.get().place());
    }
    return set;
  }

  /**
   * Software of the running machine can extend 8 and 12 as a loader does, so that a command line there
   * speaks for a boot only where PCR 4 says which loader measured it.
   */
  private void requireLoaderOf(Json.Place place) throws MalformedPolicyException {
    Set<Bank> banks = boot.flatMap(BootReference::commandLines).map(Map::keySet).orElse(Set.of());
    for (Bank bank : banks) {
      if (!pcrs.getOrDefault(bank, Map.of()).containsKey(LOADER_PCR)) {
        throw new MalformedPolicyException(
            place,
            "without command_lines, or beside values of PCR 4 in "
                + bank.wire
                + ": software can extend PCRs 8 and 12 after the boot",
            "neither");
      }
    }
  }

  private static Map<Bank, Map<Integer, List<String>>> readPcrs(Json value)
      throws MalformedPolicyException {
    Members banks = Members.of(value);
    TreeMap<Bank, Map<Integer, List<String>>> pcrs = new TreeMap<>();
    for (Bank bank : Bank.values()) {
      Optional<Json> values = banks.optional(bank.wire);
      if (values.isPresent()) {
        pcrs.put(bank, readBank(bank, values.get()));
      }
    }
    banks.end();
    if (pcrs.isEmpty()) {
      throw new MalformedPolicyException(banks.place(), "at least one bank", "none");
    }
    return pcrs;
  }

  private static Map<Integer, List<String>> readBank(Bank bank, Json value)
      throws MalformedPolicyException {
    Members members = Members.of(value);
    if (members.names().isEmpty()) {
      throw new MalformedPolicyException(value.place(), "at least one PCR", "none");
    }
    TreeMap<Integer, List<String>> values = new TreeMap<>();
    for (int index = 0; index < PCRS; index++) {
      Optional<Json> digests = members.optional(Integer.toString(index));
      if (digests.isPresent()) {
        values.put(index, Members.readList(digests.get(), 1, MAX_DIGESTS, bank.digest::read));
      }
    }
    members.end();
    return values;
  }

  void write(CanonicalJson out) {
    out.beginObject();
    boot.ifPresent(reference -> reference.write(out.name("boot")));
    if (!description.isEmpty()) {
      out.name("description").text(description);
    }
    out.name("hosts").beginArray();
    hosts.stream().sorted().forEach(out::text);
    out.endArray();
    ima.ifPresent(reference -> reference.write(out.name("ima")));
    out.name("name").text(name);
    if (!pcrs.isEmpty()) {
      writePcrs(out.name("pcrs"));
    }
    out.endObject();
  }

  private void writePcrs(CanonicalJson out) {
    out.beginObject();
    pcrs.forEach(
        (bank, values) -> {
          out.name(bank.wire).beginObject();
          // "10" stands before "2": members are in the order of their names, not their numbers.
          TreeMap<String, List<String>> byName = new TreeMap<>();
          values.forEach((index, digests) -> byName.put(Integer.toString(index), digests));
          byName.forEach(
              (index, digests) -> {
                out.name(index).beginArray();
                digests.forEach(out::text);
                out.endArray();
              });
          out.endObject();
        });
    out.endObject();
  }

  static void refuseOverlap(List<ReferenceSet> sets, Json.Place place)
      throws MalformedPolicyException {
    Set<String> names = new HashSet<>();
    Set<String> hosts = new HashSet<>();
    for (ReferenceSet set : sets) {
      if (!names.add(set.name)) {
        throw new MalformedPolicyException(
            place, "sets of different names", "\"" + set.name + "\" twice");
      }
      for (String host : set.hosts) {
        if (!hosts.add(host)) {
          throw new MalformedPolicyException(
              place, "each host in one set", "\"" + host + "\" in two");
        }
      }
    }
  }
}
