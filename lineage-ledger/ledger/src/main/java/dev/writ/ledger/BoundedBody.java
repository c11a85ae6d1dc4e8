// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A response's body of so many bytes at most: who sends more is not read further. */
final class BoundedBody implements BodySubscriber<byte[]> {
  private final byte[] bytes;
  private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
  private int length;
  private Flow.@Nullable Subscription subscription;

  BoundedBody(int most) {
    this.bytes = new byte[most];
  }

  @Override
  public CompletionStage<byte[]> getBody() {
    return whole;
  }

  @Override
  public void onSubscribe(Flow.Subscription given) {
    subscription = given;
    given.request(Long.MAX_VALUE);
  }

  @Override
  public void onNext(List<ByteBuffer> buffers) {
    for (ByteBuffer buffer : buffers) {
      if (whole.isDone()) {
        return;
      }
      if (buffer.remaining() > bytes.length - length) {
        whole.completeExceptionally(
            new IllegalArgumentException(
                "the answer must have at most " + bytes.length + " bytes, has more"));
        if (subscription != null) {
          subscription.cancel();
        }
        return;
      }
      int more = buffer.remaining();
      buffer.get(bytes, length, more);
      length += more;
    }
  }

  @Override
  public void onError(Throwable failure) {
    whole.completeExceptionally(failure);
  }

  @Override
  public void onComplete() {
    whole.complete(Arrays.copyOf(bytes, length));
  }
}
