// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.hsm.TokenProfile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a service's keys are.
 *
 * @param place the token
 * @param replica a second token that has its keys, too
 * @param checkpointKey the Ed25519 key of a token that has none
 * @param tpm the TCTI of this host's TPM, which unseals a sealed PIN and vouches for each start
 */
record TokenConfig(
    Place place, Optional<Place> replica, Optional<KeyPlace> checkpointKey, Optional<String> tpm) {
  /** The keys of the section, each with a single value. */
  static final List<String> KEYS =
      List.of(
          "profile",
          "library",
          "label",
          "pin_file",
          "sealed_pin",
          "tpm",
          "wrapped_key",
          "sealed_key",
          "replica.profile",
          "replica.library",
          "replica.label",
          "replica.pin_file",
          "replica.sealed_pin",
          "replica.tpm");

  /**
   * A token.
   *
   * @param profile which kind
   * @param library where the module is, if not where the profile says
   * @param label by which it is found
   * @param pin where its user PIN comes from
   */
  record Place(String profile, Optional<Path> library, String label, PinPlace pin) {}

  /** Where a key lies that the token has not. */
  sealed interface KeyPlace {
    /**
     * Wrapped by the token.
     *
     * @param file as {@code writ keys init} wrote it
     */
    record Wrapped(Path file) implements KeyPlace {}

    /**
     * Sealed to this host's state.
     *
     * @param file as {@code writ keys init} wrote it
     * @param pin beside which it was sealed
     */
    record SealedBeside(Path file, PinPlace.Sealed pin) implements KeyPlace {}
  }

  /** Where a token's user PIN comes from. */
  sealed interface PinPlace {
    /**
     * A file that holds it, mode 0600.
     *
     * @param file the PIN
     */
    record InFile(Path file) implements PinPlace {}

    /**
     * Sealed to this host's state.
     *
     * @param file as {@code writ keys seal-pin} wrote it
     * @param tpm the TCTI of the TPM
     */
    record Sealed(Path file, String tpm) implements PinPlace {}
  }

  static TokenConfig of(ConfigSection token) throws MalformedConfigurationException {
    Place place = place(token);
    return new TokenConfig(
        place,
        replica(token),
        checkpointKey(token),
        place.pin() instanceof PinPlace.Sealed sealed
            ? Optional.of(sealed.tpm())
            : token.optionalText("tpm"));
  }

  private static Place place(ConfigSection token) throws MalformedConfigurationException {
    return new Place(
        token.optionalText("profile").orElse("softhsm2"),
        library(token),
        token.text("label"),
        pin(token));
  }

  /** A replica is come by as the token is, but for what is said of it: its label always. */
  private static Optional<Place> replica(ConfigSection token)
      throws MalformedConfigurationException {
    Optional<ConfigSection> section = token.optionalSection("replica");
    if (section.isEmpty()) {
      return Optional.empty();
    }
    Place first = place(token);
    ConfigSection replica = section.get();
    Optional<String> profile = replica.optionalText("profile");
    Optional<Path> library = library(replica);
    boolean elsewhere = profile.isPresent() || library.isPresent();
    boolean ownPin = List.of("pin_file", "sealed_pin", "tpm").stream().anyMatch(replica::has);
    PinPlace pin = ownPin ? pin(replica) : first.pin();
    if (replica.has("tpm") && pin instanceof PinPlace.InFile) {
      throw replica.refused("have tpm beside sealed_pin alone");
    }
    return Optional.of(
        new Place(
            profile.orElse(first.profile()),
            elsewhere ? library : first.library(),
            replica.text("label"),
            pin));
  }

  private static Optional<KeyPlace> checkpointKey(ConfigSection token)
      throws MalformedConfigurationException {
    Optional<Path> wrapped = token.optionalPath("wrapped_key");
    Optional<Path> sealed = token.optionalPath("sealed_key");
    if (sealed.isEmpty()) {
      return wrapped.map(KeyPlace.Wrapped::new);
    }
    if (wrapped.isPresent() || !(pin(token) instanceof PinPlace.Sealed pin)) {
      throw token.refused("have sealed_key beside sealed_pin alone, and no wrapped_key");
    }
    return Optional.of(new KeyPlace.SealedBeside(sealed.get(), pin));
  }

  private static Optional<Path> library(ConfigSection token)
      throws MalformedConfigurationException {
    return token.optional(
        "library",
        TokenProfile.LIBRARY_FORM,
        text -> Optional.of(text).filter(TokenProfile::isLibrary).map(Path::of));
  }

  private static PinPlace pin(ConfigSection token) throws MalformedConfigurationException {
    Optional<Path> file = token.optionalPath("pin_file");
    Optional<Path> sealed = token.optionalPath("sealed_pin");
    if (file.isPresent() == sealed.isPresent()) {
      throw token.refused("have either pin_file or sealed_pin");
    }
    return file.isPresent()
        ? new PinPlace.InFile(file.get())
        : new PinPlace.Sealed(sealed.get(), token.optionalText("tpm").orElse("device:/dev/tpmrm0"));
  }
}
