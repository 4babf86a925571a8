import { describe, expect, it } from 'vitest';
import { createDoublePosts } from './double-posts.ts';

describe('double posts', () => {
  it('are known of a bounded number of browsers, the latest', async () => {
    const posts = createDoublePosts(() => 0);
    let worked = 0;
    const post = (browser: string) =>
      posts.answer({ browser, path: '/login/consent', body: 'x', session: () => undefined }, async () => {
        worked += 1;
        return { location: `https://rp.example/${worked}`, cookies: [] };
      });
    for (let count = 1; count <= 600; count++) await post(`browser ${count}`);
    expect((await post('browser 600')).location).toBe('https://rp.example/600');
    expect((await post('browser 1')).location).toBe('https://rp.example/601');
  });

  it('are not told apart from others by where path and body meet', async () => {
    const posts = createDoublePosts(() => 0);
    const post = (path: string, body: string) =>
      posts.answer({ browser: 'b', path, body, session: () => undefined }, async () => ({
        location: path,
        cookies: [],
      }));
    expect((await post('/a', 'bc')).location).toBe('/a');
    expect((await post('/ab', 'c')).location).toBe('/ab');
  });
});
