// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.InstantSource;
import java.util.Base64;

/**
 * What a process of its own sees of a token; prints one line.
 *
 * <pre>
 *   TokenProbe PROFILE init|sign|hold LABEL PIN-FILE      hold: signs, and lives until its input ends
 *   born N | exist N | key BASE64 VERIFIED | FAULT CKR MESSAGE
 * </pre>
 */
final class TokenProbe {
  private TokenProbe() {}

  public static void main(String[] args) throws Exception {
    TokenProfile profile = TokenProfile.named(args[0]);
    KeyInventory inventory = KeyInventory.standard();
    try (Token token = Token.open(profile, args[2], PinSource.file(Path.of(args[3])))) {
      if (args[1].equals("init")) {
        CeremonyOutcome outcome =
            KeyCeremony.init(token, inventory, InstantSource.system(), new SecureRandom());
        System.out.println(
            outcome instanceof CeremonyOutcome.Born born
                ? "born " + born.keys().size()
                : "exist " + ((CeremonyOutcome.AlreadyThere) outcome).existing().size());
      } else {
        HsmKey key = token.key(inventory.spec(KeyRole.ISSUER));
        byte[] message = "restart".getBytes(StandardCharsets.US_ASCII);
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(key.publicKey());
        verifier.update(message);
        boolean verified = verifier.verify(key.signDer(message));
        System.out.println(
            "key "
                + Base64.getEncoder().encodeToString(key.publicKey().getEncoded())
                + " "
                + verified);
        if (args[1].equals("hold")) {
          System.out.println("pid " + ProcessHandle.current().pid());
          int unused = System.in.read();
        }
      }
    } catch (HsmException e) {
      System.out.println(e.fault() + " " + e.ckrName().orElse("-") + " " + e.getMessage());
    }
  }
}
