// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a service's token signed since the service was started, beside what the service has to show for it.
 *
 * @param ledger artifacts beside their leaves
 * @param keys each key that signed or was proven
 */
public record SignatureAccounts(Allowances ledger, List<Key> keys) {
  private static final int MAX_KEYS = 512;
  private static final int MAX_KINDS = 64;
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** Copies the list. */
  public SignatureAccounts {
    keys = List.copyOf(keys);
  }

  /** Whether all is accounted for. */
  public boolean isBalanced() {
    return ledger.unaccounted() == 0
        && ledger.missing() == 0
        && keys.stream().allMatch(key -> key.unaccounted() == 0 && key.missing() == 0);
  }

  /**
   * A key's signatures.
   *
   * @param token what the token counted, by purpose; {@code service} are those that the service asked for
   * @param service what the service counted, by kind
   * @param underWay how many it waited for
   * @param unaccounted how many the token made for the service that the service did not ask for
   * @param missing how many the service counted that the token did not make
   */
  public record Key(
      String role,
      String label,
      String id,
      Map<String, Long> token,
      Map<String, Long> service,
      long underWay,
      Artifacts artifacts,
      long unaccounted,
      long missing) {
    /** Copies the maps, by name. */
    public Key {
      token = Collections.unmodifiableMap(new TreeMap<>(token));
      service = Collections.unmodifiableMap(new TreeMap<>(service));
    }

    private static Key take(JsonMembers json) throws MalformedJsonException {
      Key key =
          new Key(
              json.text("role"),
              json.text("label"),
              json.text("id"),
              json.object("token").allIntegers(MAX_KINDS),
              json.object("service").allIntegers(MAX_KINDS),
              count(json, "under_way"),
              Artifacts.take(json.object("artifacts")),
              count(json, "unaccounted"),
              count(json, "missing"));
      json.end();
      return key;
    }
  }

  /**
   * Artifacts that were signed, and what became of them.
   *
   * @param signed all
   * @param committed those with a leaf under a signed checkpoint
   * @param lost those that have no leaf and get none: nobody has them
   * @param unanswered those of which the ledger did not say in time: nobody has them, a leaf there may be
   * @param underWay the others
   */
  public record Artifacts(long signed, long committed, long lost, long unanswered, long underWay) {
    private static Artifacts take(JsonMembers json) throws MalformedJsonException {
      Artifacts artifacts =
          new Artifacts(
              count(json, "signed"),
              count(json, "committed"),
              count(json, "lost"),
              count(json, "unanswered"),
              count(json, "under_way"));
      json.end();
      return artifacts;
    }
  }

  /**
   * Artifacts beside the leaves that allowed them.
   *
   * @param first the leaf at which the service was started
   * @param size how many leaves the ledger has
   * @param leaves how many from {@code first} on allowed an artifact
   * @param artifacts of all keys, since the service was started
   * @param unaccounted how many of these leaves have no artifact
   * @param missing how many committed artifacts have no leaf
   */
  public record Allowances(
      long first, long size, long leaves, Artifacts artifacts, long unaccounted, long missing) {
    private static Allowances take(JsonMembers json) throws MalformedJsonException {
      Allowances allowances =
          new Allowances(
              count(json, "first_index"),
              count(json, "size"),
              count(json, "leaves"),
              Artifacts.take(json.object("artifacts")),
              count(json, "unaccounted"),
              count(json, "missing"));
      json.end();
      return allowances;
    }
  }

  static SignatureAccounts take(JsonMembers json) throws MalformedJsonException {
    Allowances ledger = Allowances.take(json.object("ledger"));
    List<Key> keys = new ArrayList<>();
    for (JsonMembers key : json.objects("keys", MAX_KEYS)) {
      keys.add(Key.take(key));
    }
    return new SignatureAccounts(ledger, keys);
  }

  private static long count(JsonMembers json, String name) throws MalformedJsonException {
    return json.integer(name, 0, MAX_EXACT);
  }
}
