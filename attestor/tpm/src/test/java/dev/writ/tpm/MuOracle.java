// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import com.sun.jna.ptr.PointerByReference;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A process that asks libtss2-mu: for each line {@code TYPE hex} it answers with the re-marshalled
 * bytes in hex, or {@code refused}. Hostile bytes can crash the library, and then this process alone.
 */
final class MuOracle {
  static final String REFUSED = "refused";

  private MuOracle() {}

  public static void main(String[] arguments) throws IOException, TpmException {
    NativeLibraries.load();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int space = line.indexOf(' ');
      out.println(
          answer(
              WireType.valueOf(line.substring(0, space)),
              HexFormat.of().parseHex(line, space + 1, line.length())));
    }
  }

  private static String answer(WireType type, byte[] wire) {
    try (Frame frame = new Frame()) {
      PointerByReference structure = new PointerByReference();
      structure.setValue(frame.in(type, wire));
      return HexFormat.of().formatHex(frame.wire(type, structure));
    } catch (TpmException e) {
      return REFUSED;
    }
  }
}
