/** The recorded stories: what the real coordinator sent and answered, step by step (recorded/README.md). */
import { expect, it } from 'vitest'
import { recordedLines } from './recorded.ts'
import { RecordedStoryPlayer, storySchema } from './recorded-story.ts'

it('every one of the 6,973 recorded steps sends and answers what the real coordinator did, in whatever order', () => {
  const stories = recordedLines('stories').map((line) => storySchema.parse(line))
  expect(stories.flatMap(({ steps }) => steps)).toHaveLength(6_973)
  for (const story of stories) {
    const player = new RecordedStoryPlayer(story)
    const ours = story.steps.map((step, index) => `${index} ${step.kind}: ${player.play(step).join(', ')}`)
    const real = story.steps.map((step, index) => `${index} ${step.kind}: ${step.events.toSorted().join(', ')}`)
    expect(ours, story.id).toEqual(real)
  }
})
