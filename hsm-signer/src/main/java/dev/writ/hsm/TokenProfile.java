// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What must be known of a vendor's PKCS#11 module to use it.
 *
 * @param name the profile's name, that of its file
 * @param library the module's shared object, absolute
 * @param install a command that installs the module, for error messages
 * @param assurance what keys in such a token are worth
 * @param environment a variable that must name the module's configuration, a file or a folder, before
 *     the JVM starts
 * @param storage the key in that file for the folder that must have room before the token is touched
 * @param sessions what sessions the module opens for those who only sign
 * @param signers how many signatures may be under way at once, 1 to 256
 * @param times how long it is waited for what
 * @param replicable whether a key that never leaves its token can be in a second one all the same, by what
 *     the vendor has for that
 */
public record TokenProfile(
    String name,
    Path library,
    String install,
    Assurance assurance,
    Optional<String> environment,
    Optional<String> storage,
    Sessions sessions,
    int signers,
    Times times,
    boolean replicable) {

  /** The kind of a session (PKCS#11 v2.40, section 2.6.1); keys are born in read-write ones always. */
  public enum Sessions {
    /** For whatever writes nothing. */
    READ_ONLY,
    /** For everything: the module refuses to open the other kind. */
    READ_WRITE
  }

  /**
   * How long a token is waited for.
   *
   * @param turn how long a signature may wait for its turn, at most a minute
   * @param patience how long one call may take before the token counts as away, at most a minute
   * @param keepAlive after how long without a signature one is made to see whether the token answers,
   *     and how often sessions that it did not have are tried again, at most an hour
   * @param reconnect the longest pause between two tries to connect to a token that is away, at most a
   *     minute
   */
  public record Times(Duration turn, Duration patience, Duration keepAlive, Duration reconnect) {}

  /** What {@link #isLibrary} demands, in words. */
  public static final String LIBRARY_FORM =
      "an absolute path of at most 256 letters, digits and any of . _ / + -";

  /** The profiles of this build, each the name of a file in hsm-config/profiles. */
  static final List<String> PACKED =
      List.of("awscloudhsm", "luna7", "nshield", "softhsm2", "tpm2pkcs11", "yubihsm2");

  private static final Pattern NAME = Pattern.compile("[a-z0-9]{1,32}");

  /** What needs no quoting in anybody's configuration. */
  private static final Pattern LIBRARY = Pattern.compile("/[A-Za-z0-9._/+-]{1,255}");

  private static final Pattern VARIABLE = Pattern.compile("[A-Z][A-Z0-9_]{0,63}");
  private static final int MAX_SIGNERS = 256;
  private static final Duration MAX_WAIT = Duration.ofMinutes(1);
  private static final Duration MAX_KEEP_ALIVE = Duration.ofHours(1);

  /**
   * The profile {@code hsm-config/profiles/NAME.properties} of this build.
   *
   * @throws MalformedHsmConfigException if there is none of that name
   */
  public static TokenProfile named(String name) throws MalformedHsmConfigException {
    Optional<byte[]> packed =
        NAME.matcher(name).matches()
            ? Settings.packed("profiles/" + name + ".properties")
            : Optional.empty();
    if (packed.isEmpty()) {
      throw new MalformedHsmConfigException(
          "configuration", "the token profile", "a file's name in hsm-config/profiles", name);
    }
    return parse("profiles/" + name + ".properties", packed.get());
  }

  /**
   * Reads a profile strictly.
   *
   * @param source names the file in error messages
   */
  public static TokenProfile parse(String source, byte[] bytes) throws MalformedHsmConfigException {
    Settings settings = Settings.parse(source, bytes);
    Optional<String> environment = settings.optional("environment");
    if (environment.isPresent() && !VARIABLE.matcher(environment.get()).matches()) {
      throw settings.refused("environment", "the name of an environment variable");
    }
    TokenProfile profile =
        new TokenProfile(
            settings.required("name", NAME, "1 to 32 lower-case letters and digits"),
            Path.of(settings.required("library", LIBRARY, LIBRARY_FORM)),
            settings.required("install"),
            assurance(settings),
            environment,
            storage(settings, environment),
            sessions(settings),
            settings.requiredNumber("signers", MAX_SIGNERS),
            new Times(
                duration(settings, "wait", MAX_WAIT),
                duration(settings, "patience", MAX_WAIT),
                duration(settings, "keepalive", MAX_KEEP_ALIVE),
                duration(settings, "reconnect", MAX_WAIT)),
            replicable(settings));
    settings.requireAllAsked();
    return profile;
  }

  /**
   * The profile for a module that a person names: that of this build whose module has the same file name,
   * at this path; else one that knows nothing of the module.
   *
   * @param library {@link #isLibrary}
   */
  static TokenProfile ofModule(Path library) {
    try {
      for (String name : PACKED) {
        TokenProfile packed = named(name);
        if (packed.library().getFileName().equals(library.getFileName())) {
          return packed.withLibrary(library);
        }
      }
    } catch (MalformedHsmConfigException e) {
      throw new IllegalStateException("bug: a profile of this build cannot be used", e);
    }
    return new TokenProfile(
        "module",
        library,
        "install the token's PKCS#11 module",
        Assurance.HARDWARE,
        Optional.empty(),
        Optional.empty(),
        Sessions.READ_ONLY,
        1,
        new Times(MAX_WAIT, MAX_WAIT, MAX_KEEP_ALIVE, MAX_WAIT),
        false);
  }

  /** Whether a module may be at this path: it is absolute and needs no quoting anywhere. */
  public static boolean isLibrary(String path) {
    return LIBRARY.matcher(path).matches();
  }

  /**
   * This profile with the module at another place.
   *
   * @throws MalformedHsmConfigException unless {@link #isLibrary} holds of it
   */
  public TokenProfile withLibrary(Path elsewhere) throws MalformedHsmConfigException {
    if (!isLibrary(elsewhere.toString())) {
      throw new MalformedHsmConfigException(name, "library", LIBRARY_FORM, "\"" + elsewhere + "\"");
    }
    return new TokenProfile(
        name,
        elsewhere,
        install,
        assurance,
        environment,
        storage,
        sessions,
        signers,
        times,
        replicable);
  }

  private static Assurance assurance(Settings settings) throws MalformedHsmConfigException {
    String value = settings.required("assurance");
    for (Assurance assurance : Assurance.values()) {
      if (assurance.name().toLowerCase(Locale.ROOT).equals(value)) {
        return assurance;
      }
    }
    throw settings.refused("assurance", "hardware or dev");
  }

  private static Optional<String> storage(Settings settings, Optional<String> environment)
      throws MalformedHsmConfigException {
    Optional<String> storage = settings.optional("storage");
    if (storage.isPresent() && environment.isEmpty()) {
      throw settings.refused("storage", "absent without environment, which names its file");
    }
    return storage;
  }

  private static Sessions sessions(Settings settings) throws MalformedHsmConfigException {
    return switch (settings.optional("sessions").orElse("read-only")) {
      case "read-only" -> Sessions.READ_ONLY;
      case "read-write" -> Sessions.READ_WRITE;
      default -> throw settings.refused("sessions", "read-only or read-write");
    };
  }

  private static boolean replicable(Settings settings) throws MalformedHsmConfigException {
    Optional<String> replica = settings.optional("replica");
    if (replica.isPresent() && !replica.get().equals("allowed")) {
      throw settings.refused("replica", "allowed, or left out where keys stay in one token");
    }
    return replica.isPresent();
  }

  private static Duration duration(Settings settings, String key, Duration longest)
      throws MalformedHsmConfigException {
    try {
      Duration duration = Duration.parse(settings.required(key));
      if (duration.compareTo(Duration.ZERO) > 0 && duration.compareTo(longest) <= 0) {
        return duration;
      }
    } catch (DateTimeParseException e) {
      // Said below, together with a duration that is out of bounds.
    }
    throw settings.refused(key, "an ISO 8601 duration above zero, at most " + longest);
  }
}
