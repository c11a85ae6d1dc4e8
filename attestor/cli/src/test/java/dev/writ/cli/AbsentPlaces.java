// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.HashMap;
import java.util.Map;

/** Keys that name another place: what is there is not ours, and a start must not do without it. */
final class AbsentPlaces {
  /** In the place of these stand the token's label and the file of its PIN, and of {@code ~} the folder. */
  static final String LABEL = "@label";

  static final String PIN = "@pin";

  /** What the file of these tests leaves out, where a key stands for it. */
  enum Without {
    NOTHING(""),
    PIN_FILE("  pin_file: [^\n]+\n"),
    FOLDER("ledger:\n  folder: ledger\n"),
    NAMES("    names: \\[localhost\\]\n");

    private final String lines;

    Without(String lines) {
      this.lines = lines;
    }

    /** The file without them. */
    String in(String yaml) {
      return yaml.replaceFirst(lines, "");
    }
  }

  /**
   * A place that is not there.
   *
   * @param beside what makes it a whole configuration
   */
  record Place(String value, Without without, Map<String, String> beside) {
    Place(String value) {
      this(value, Without.NOTHING, Map.of());
    }
  }

  private static Place replica(String value, String... beside) {
    Map<String, String> keys = new HashMap<>();
    for (int i = 0; i < beside.length; i += 2) {
      keys.put("token.replica." + beside[i], beside[i + 1]);
    }
    return new Place(value, Without.NOTHING, keys);
  }

  /** In a database at which nobody is. */
  private static Place database(String value) {
    return new Place(
        value,
        Without.FOLDER,
        Map.of(
            "ledger.postgres.host", "127.0.0.1",
            "ledger.postgres.port", "1",
            "ledger.postgres.database", "none",
            "ledger.postgres.user", "nobody",
            "ledger.postgres.password_file", PIN));
  }

  static final Map<String, Place> BY_KEY =
      Map.ofEntries(
          Map.entry("token.profile", new Place("luna7")),
          Map.entry("token.library", new Place("/nowhere.so")),
          Map.entry("token.label", new Place("another")),
          Map.entry("token.pin_file", new Place("/nowhere")),
          Map.entry("token.sealed_pin", new Place("/nowhere", Without.PIN_FILE, Map.of())),
          Map.entry(
              "token.tpm",
              new Place(
                  "swtpm:path=/nowhere", Without.PIN_FILE, Map.of("token.sealed_pin", "~/anchor"))),
          Map.entry("token.wrapped_key", new Place("/nowhere")),
          Map.entry(
              "token.sealed_key",
              new Place("/nowhere", Without.PIN_FILE, Map.of("token.sealed_pin", "~/anchor"))),
          Map.entry("token.replica.profile", replica("luna7", "label", LABEL, "pin_file", PIN)),
          Map.entry(
              "token.replica.library", replica("/nowhere.so", "label", LABEL, "pin_file", PIN)),
          Map.entry("token.replica.label", replica("another", "pin_file", PIN)),
          Map.entry("token.replica.pin_file", replica("/nowhere", "label", LABEL)),
          Map.entry("token.replica.sealed_pin", replica("/nowhere", "label", LABEL)),
          Map.entry(
              "token.replica.tpm",
              replica("swtpm:path=/nowhere", "label", LABEL, "sealed_pin", "~/anchor")),
          Map.entry("ledger.postgres.host", database("127.0.0.2")),
          Map.entry("ledger.postgres.port", database("2")),
          Map.entry("ledger.postgres.database", database("other")),
          Map.entry("ledger.postgres.user", database("somebody")),
          Map.entry("ledger.postgres.password_file", database("/nowhere")),
          Map.entry("ledger.postgres.authorities", database("/nowhere")),
          Map.entry("ledger.tpm_anchor.tpm", new Place("swtpm:path=/nowhere")),
          Map.entry(
              "ledger.tpm_anchor.index",
              new Place(
                  "0x01800007",
                  Without.NOTHING,
                  Map.of("ledger.tpm_anchor.tpm", "swtpm:path=/nowhere"))),
          Map.entry(
              "ledger.tpm_anchor.every_s",
              new Place(
                  "60", Without.NOTHING, Map.of("ledger.tpm_anchor.tpm", "swtpm:path=/nowhere"))),
          Map.entry(
              "listen.tls.certificate",
              new Place(
                  "/nowhere", Without.NAMES, Map.of("listen.tls.key", "~/keys/operator.pem"))),
          Map.entry(
              "listen.tls.key",
              new Place(
                  "/nowhere", Without.NAMES, Map.of("listen.tls.certificate", "~/tpm-roots.pem"))));

  private AbsentPlaces() {}
}
