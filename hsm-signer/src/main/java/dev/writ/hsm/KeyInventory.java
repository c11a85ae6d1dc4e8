// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys that a service needs: those of each {@link KeyRole}, by their first, and for how long. */
public final class KeyInventory {
  private final Map<KeyRole, KeySpec> specs;
  private final Map<KeyRole, Cryptoperiod> cryptoperiods;

  private KeyInventory(Map<KeyRole, KeySpec> specs, Map<KeyRole, Cryptoperiod> cryptoperiods) {
    this.specs = specs;
    this.cryptoperiods = cryptoperiods;
  }

  /** The inventory {@code hsm-config/keys.properties} of this build. */
  public static KeyInventory standard() {
    String name = "keys.properties";
    byte[] bytes =
        Settings.packed(name)
            .orElseThrow(() -> new IllegalStateException("the jar must hold " + name));
    try {
      return parse(name, bytes);
    } catch (MalformedHsmConfigException e) {
      throw new IllegalStateException("the packed inventory must be well-formed", e);
    }
  }

  /**
   * Reads an inventory strictly: every role, no other, no label or id twice, none that a later generation
   * of another role could have.
   *
   * @param source names the file in error messages
   */
  public static KeyInventory parse(String source, byte[] bytes) throws MalformedHsmConfigException {
    Settings settings = Settings.parse(source, bytes);
    Map<KeyRole, KeySpec> specs = new EnumMap<>(KeyRole.class);
    Map<KeyRole, Cryptoperiod> cryptoperiods = new EnumMap<>(KeyRole.class);
    Set<String> labels = new HashSet<>();
    Set<String> ids = new HashSet<>();
    for (KeyRole role : KeyRole.values()) {
      String key = role.wire() + ".";
      String algorithm = role.algorithm().wire();
      if (!settings.required(key + "algorithm").equals(algorithm)) {
        throw settings.refused(key + "algorithm", algorithm);
      }
      String label = settings.required(key + "label", KeySpec.LABEL, "a label of " + KeySpec.LABEL);
      String id = settings.required(key + "id", KeySpec.ID, "1 to 32 bytes in lower-case hex");
      if (!labels.add(label)) {
        throw settings.refused(key + "label", "no other key's label");
      }
      if (!ids.add(id)) {
        throw settings.refused(key + "id", "no other key's id");
      }
      specs.put(role, new KeySpec(role, label, id));
      cryptoperiods.put(role, cryptoperiod(settings, role));
    }
    settings.requireAllAsked();
    for (KeySpec spec : specs.values()) {
      requireDistinct(settings, spec, specs.values());
    }
    return new KeyInventory(specs, cryptoperiods);
  }

  private static Cryptoperiod cryptoperiod(Settings settings, KeyRole role)
      throws MalformedHsmConfigException {
    String validity = role.wire() + ".valid_days";
    String rotation = role.wire() + ".rotate_days";
    int end = Cryptoperiod.MAX_DAYS + 1;
    Optional<Duration> valid = Optional.empty();
    if (role.isBounded()) {
      end = settings.requiredNumber(validity, Cryptoperiod.MAX_DAYS);
      valid = Optional.of(Duration.ofDays(end));
    } else if (settings.optional(validity).isPresent()) {
      throw settings.refused(validity, "left out: the key ends with its certificate");
    }
    if (settings.optional(rotation).isEmpty()) {
      return new Cryptoperiod(valid, Optional.empty());
    }
    int due = settings.requiredNumber(rotation, Cryptoperiod.MAX_DAYS);
    if (due >= end) {
      throw settings.refused(rotation, "less than " + validity);
    }
    return new Cryptoperiod(valid, Optional.of(Duration.ofDays(due)));
  }

  private static void requireDistinct(Settings settings, KeySpec spec, Collection<KeySpec> all)
      throws MalformedHsmConfigException {
    for (KeySpec other : all) {
      if (other.labelled(spec.label()).isPresent() && !other.equals(spec)) {
        throw settings.refused(
            spec.role().wire() + ".label",
            "a label that no later key of " + other.role().wire() + " has");
      }
      if (other.hasLaterId(spec.idHex())) {
        throw settings.refused(
            spec.role().wire() + ".id",
            "an id that no later key of " + other.role().wire() + " has");
      }
    }
  }

  /** The first key of {@code role}; the others follow from it by {@link KeySpec#ofGeneration}. */
  public KeySpec spec(KeyRole role) {
    KeySpec spec = specs.get(role);
    if (spec == null) {
      throw new IllegalStateException("an inventory has every role; " + role + " is missing");
    }
    return spec;
  }

  /** For how long keys of {@code role} are used. */
  public Cryptoperiod cryptoperiod(KeyRole role) {
    Cryptoperiod cryptoperiod = cryptoperiods.get(role);
    if (cryptoperiod == null) {
      throw new IllegalStateException("bug: an inventory has every role; " + role + " is missing");
    }
    return cryptoperiod;
  }

  /** The first key of every role, in the order of the roles. */
  public List<KeySpec> specs() {
    return new ArrayList<>(specs.values());
  }
}
