// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.fixtures.SoftHsmToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** SoftHSM tokens where this JVM's SOFTHSM2_CONF points; what an earlier run left there is removed. */
final class FreshTokens {
  private FreshTokens() {}

  /** All tokens that a test class needs: once its module is loaded, SoftHSM sees no further one. */
  static List<SoftHsmToken> create(String... labels) throws Exception {
    delete(SoftHsmToken.environmentFolder());
    List<SoftHsmToken> tokens = new ArrayList<>();
    for (String label : labels) {
      tokens.add(SoftHsmToken.inEnvironment(label));
    }
    return tokens;
  }

  static TokenProfile profile() throws MalformedHsmConfigException {
    return TokenProfile.named("softhsm2");
  }

  static Token open(SoftHsmToken token) throws Exception {
    return Token.open(profile(), token.label(), PinSource.file(token.pinFile()));
  }

  /** A PIN file that nobody but its owner may read. */
  static Path pinFile(Path folder, String content) throws IOException {
    Path file =
        Files.createTempFile(
            folder,
            "pin",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, content, StandardCharsets.UTF_8);
  }

  /** Another program than Writ, logged in to {@code soft}. */
  static void pkcs11Tool(SoftHsmToken soft, String... arguments) throws Exception {
    String pin = Files.readString(soft.pinFile()).strip();
    Stream<String> login =
        Stream.of(
            "pkcs11-tool",
            "--module",
            profile().library().toString(),
            "--token-label",
            soft.label(),
            "--login",
            "--pin",
            "env:TOKEN_PIN");
    ChildProcess.run(Map.of("TOKEN_PIN", pin), Stream.concat(login, Stream.of(arguments)).toList());
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
