// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What a round's clients know of a service that was killed: what it acknowledged, and what not. */
final class CrashClients implements Observer {
  private static final int PRESENTED_AGAIN = 64;

  private final List<byte[]> applications = new ArrayList<>();
  private final List<byte[]> bundles = new ArrayList<>();
  private final List<byte[]> unanswered = new ArrayList<>();

  @Override
  public void issued(ByteBuffer application, ByteBuffer bundle) {
    applications.add(copy(application));
    bundles.add(copy(bundle));
  }

  @Override
  public void unanswered(ByteBuffer application) {
    unanswered.add(copy(application));
  }

  private static byte[] copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  /** What was answered with a bundle. */
  List<Acknowledged> acknowledged() throws IOException {
    List<Acknowledged> acknowledged = new ArrayList<>();
    for (int i = 0; i < bundles.size(); i++) {
      acknowledged.add(Acknowledged.of(applications.get(i), bundles.get(i)));
    }
    return acknowledged;
  }

  int size() {
    return bundles.size();
  }

  /** Applications of which nobody knows what became of them. */
  List<byte[]> unanswered() {
    return unanswered;
  }

  /**
   * Presents challenges that were used once more, and what had no answer.
   *
   * @return what does not hold, in words
   */
  List<String> presentAgain(HttpDoor door) throws IOException {
    List<String> problems = new ArrayList<>();
    int used = applications.size();
    // The last ones: the earlier, the surer that they are durable.
    for (byte[] application : applications.subList(Math.max(0, used - PRESENTED_AGAIN), used)) {
      HttpDoor.Response answer = door.exchange(ByteBuffer.wrap(application));
      if (!isRefusedAsUsed(answer)) {
        problems.add("a used challenge must be replayed or expired, was " + shown(answer));
      }
    }
    for (byte[] application : unanswered) {
      HttpDoor.Response answer = door.exchange(ByteBuffer.wrap(application));
      if (answer.status() != 201 && !isRefusedAsUsed(answer)) {
        problems.add("an application without an answer must be decided, was " + shown(answer));
      }
    }
    return problems;
  }

  private static boolean isRefusedAsUsed(HttpDoor.Response answer) throws IOException {
    return switch (answer.status()) {
      case 409 -> answer.member("code").equals("replayed");
      case 403 -> answer.member("code").equals("expired");
      default -> false;
    };
  }

  private static String shown(HttpDoor.Response answer) {
    return answer.status() == 201 ? "201, an artifact" : answer.status() + " " + answer.text();
  }
}
